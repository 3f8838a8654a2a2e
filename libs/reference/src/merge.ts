import { cusipOfIsin } from '@alphapulse/market';
import type { Failure, ProviderAnswer } from './reference-provider.ts';
import { type FactName, factNames, type SecurityFacts } from './security-facts.ts';
import type { SecurityKey } from './security-key.ts';

/** A later provider that states a fact otherwise than the one believed. */
export interface Disagreement {
  readonly fact: FactName;
  readonly kept: string;
  readonly keptFrom: string;
  readonly said: string;
  readonly saidBy: string;
}

export interface ProviderFailure extends Omit<Failure, 'outcome'> {
  readonly provider: string;
}

/**
 * What a chain of providers says of one key. `failed`: none knows it and at least one could not tell. `failures` may
 * also stand beside facts, when only some providers could tell.
 */
export type ChainAnswer =
  | {
      readonly outcome: 'found';
      readonly facts: SecurityFacts;
      /** Who states each fact: a provider's name, `key` for what was asked by, `isin` for what follows from the ISIN. */
      readonly provenance: Readonly<Partial<Record<FactName, string>>>;
      readonly disagreements: readonly Disagreement[];
      readonly failures: readonly ProviderFailure[];
    }
  | { readonly outcome: 'unknown' | 'failed'; readonly failures: readonly ProviderFailure[] };

/** Gathers answers about one key, in order of precedence. */
export class Merge {
  readonly #key: SecurityKey;
  readonly #facts: Partial<Record<FactName, string>> = {};
  readonly #provenance: Partial<Record<FactName, string>> = {};
  readonly #disagreements: Disagreement[] = [];
  readonly #failures: ProviderFailure[] = [];
  #found = false;

  constructor(key: SecurityKey) {
    this.#key = key;
    if (key.by === 'isin') this.#set('isin', key.isin, 'key');
    if (key.by === 'cusip') this.#set('cusip', key.cusip, 'key');
    if (key.by === 'ticker') this.#set('ticker', key.ticker, 'key');
    if (key.mic !== undefined) this.#set('mic', key.mic, 'key');
    this.#derive();
  }

  /** True while a wanted fact is missing that somebody gives, or nobody has found the security. */
  lacks(wanted: readonly FactName[], given: readonly FactName[]): boolean {
    return !this.#found || wanted.some((name) => this.#facts[name] === undefined && given.includes(name));
  }

  add(provider: string, answer: ProviderAnswer): void {
    if (answer.outcome === 'failed') {
      this.#failures.push({ provider, code: answer.code, message: answer.message });
      return;
    }
    if (answer.outcome === 'unknown') return;
    this.#found = true;
    for (const fact of factNames) {
      const said = answer.facts[fact];
      if (said === undefined) continue;
      const kept = this.#facts[fact];
      if (kept === undefined) this.#set(fact, said, provider);
      else if (kept !== said) {
        const keptFrom = this.#provenance[fact] as string;
        this.#disagreements.push({ fact, kept, keptFrom, said, saidBy: provider });
      }
    }
    this.#derive();
  }

  answer(): ChainAnswer {
    const failures = this.#failures;
    if (!this.#found) return { outcome: failures.length > 0 ? 'failed' : 'unknown', failures };
    return {
      outcome: 'found',
      facts: this.#facts as SecurityFacts,
      provenance: this.#provenance,
      disagreements: this.#disagreements,
      failures,
    };
  }

  /** The CUSIP that stands in an American or Canadian ISIN; an ISIN does not follow from a CUSIP (which country?). */
  #derive(): void {
    const { isin, cusip } = this.#facts;
    if (isin === undefined || cusip !== undefined || this.#key.by === 'cusip') return;
    const derived = cusipOfIsin(isin);
    if (derived !== null) this.#set('cusip', derived, 'isin');
  }

  #set(fact: FactName, value: string, from: string): void {
    this.#facts[fact] = value;
    this.#provenance[fact] = from;
  }
}
