import { normaliseIdentity, parseIdentity } from '@alphapulse/market';
import type { ChainAnswer } from './merge.ts';
import type { ReferenceChain } from './reference-chain.ts';
import type { FactName } from './security-facts.ts';
import { keyText, type SecurityKey } from './security-key.ts';

/** A statement about an instrument as the registry takes it (kind `instruments`). */
export interface InstrumentStatement {
  readonly kind: 'instruments';
  readonly facts: { readonly identity: string } & Readonly<Partial<Record<StatedFact, string>>>;
  /** Who states which fact, for example `csv: name, sector; openfigi: figi, ticker; isin: cusip`. */
  readonly provenance: string;
}

/** What came of enriching one instrument. */
export interface Enrichment {
  readonly identity: string;
  readonly answer: ChainAnswer;
  /** Null when nothing is known that the identity does not say itself. */
  readonly statement: InstrumentStatement | null;
}

type StatedFact = (typeof stated)[number];
const stated = ['cusip', 'figi', 'ticker', 'name', 'sector'] as const satisfies readonly FactName[];

/**
 * Looks up what is known of instruments that have an ISIN (`equity:isin:…`, `etf:isin:…`) and makes the statements
 * for the registry. Other identities are left out: no provider knows them. Facts that nobody states are left out too,
 * so that they stay in the registry as they are.
 * @throws RetriableError `reference_unavailable` when the signal aborts.
 */
export async function enrichInstruments(
  identities: readonly string[],
  chain: Pick<ReferenceChain, 'lookUp'>,
  signal: AbortSignal,
): Promise<Enrichment[]> {
  const keys = new Map<string, SecurityKey>();
  for (const text of identities) {
    const identity = normaliseIdentity(text);
    const parsed = identity === null ? null : parseIdentity(identity);
    if (identity !== null && parsed !== null && 'isin' in parsed) keys.set(identity, { by: 'isin', isin: parsed.isin });
  }
  const answers = await chain.lookUp([...keys.values()], signal);
  return [...keys].map(([identity, key]) => {
    const answer = answers.get(keyText(key)) as ChainAnswer;
    return { identity, answer, statement: instrumentStatement(identity, answer) };
  });
}

/** The statement in an answer of the chain; null when it says nothing of the instrument. */
export function instrumentStatement(identity: string, answer: ChainAnswer): InstrumentStatement | null {
  if (answer.outcome !== 'found') return null;
  const facts: Partial<Record<StatedFact, string>> = {};
  const byOrigin = new Map<string, StatedFact[]>();
  for (const name of stated) {
    const value = answer.facts[name];
    if (value === undefined) continue;
    facts[name] = value;
    const origin = answer.provenance[name] ?? 'unknown';
    byOrigin.set(origin, [...(byOrigin.get(origin) ?? []), name]);
  }
  if (byOrigin.size === 0) return null;
  const provenance = [...byOrigin].map(([origin, names]) => `${origin}: ${names.join(', ')}`).join('; ');
  return { kind: 'instruments', facts: { identity, ...facts }, provenance };
}
