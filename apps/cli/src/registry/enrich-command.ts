import { RetriableError } from '@alphapulse/core';
import { type ChainAnswer, curatedStatements, enrichInstruments } from '@alphapulse/reference';
import type { Statement } from '@alphapulse/registry/statement.ts';
import { Command } from 'commander';
import { UsageError } from '../usage-error.ts';
import { problemSentence } from './outcomes.ts';
import type { ReferenceLookup, RegistryPorts, RegistryReader } from './ports.ts';
import { Progress } from './progress.ts';
import { addWaitOption, timeoutMs, type WaitOption } from './read-options.ts';
import { resolveReference } from './reference.ts';

interface EnrichOptions extends WaitOption {
  readonly all?: boolean;
  readonly curated?: boolean;
  readonly dryRun?: boolean;
}

/** Instruments that are looked up and stated at once. */
const batchSize = 500;

interface EnrichCounts {
  registered: number;
  unchanged: number;
  rejected: number;
  unknown: number;
  failed: number;
}

export function enrichCommand(ports: RegistryPorts): Command {
  return addWaitOption(
    new Command('enrich')
      .description(
        'Look up what reference data knows of instruments with an ISIN, and state it ' +
          '(REFERENCE_FILES, OPENFIGI, OPENFIGI_API_KEY).',
      )
      .argument('[reference...]', 'ISINs, identity strings or ids; default every instrument that lacks a fact')
      .option('--all', 'also instruments that lack no fact')
      .option('--curated', 'state the tokens of assets that come with the code instead')
      .option('--dry-run', 'print what would be stated, one JSON object a line, and state nothing'),
  ).action(async (references: string[], options: EnrichOptions) => {
    if (options.curated) return stateCurated(ports, options);
    const chain = await ports.reference();
    if (chain === null)
      throw new UsageError(
        'there is nobody to ask: name files in REFERENCE_FILES, or set OPENFIGI=on or OPENFIGI_API_KEY',
      );
    const identities = await ports.read(['instruments'], timeoutMs(options), async (reader) =>
      references.length > 0
        ? references.map((each) => identityWithIsin(each, reader))
        : lacking(reader, options.all === true),
    );
    await enrich(identities, chain, ports, options);
  });
}

async function enrich(
  identities: readonly string[],
  chain: ReferenceLookup,
  { write, clock, terminal }: RegistryPorts,
  options: EnrichOptions,
): Promise<void> {
  const counts: EnrichCounts = { registered: 0, unchanged: 0, rejected: 0, unknown: 0, failed: 0 };
  const progress = new Progress(identities.length, 'instruments', { clock, terminal });
  await write(timeoutMs(options), async (writer) => {
    for (let at = 0; at < identities.length; at += batchSize) {
      const statements: Statement[] = [];
      const batch = identities.slice(at, at + batchSize);
      for (const { identity, answer, statement } of await enrichInstruments(
        batch,
        chain,
        new AbortController().signal,
      )) {
        progress.clear();
        tell(identity, answer, terminal.err);
        if (answer.outcome !== 'found') counts[answer.outcome]++;
        else if (statement) statements.push(statement);
      }
      if (options.dryRun) {
        for (const statement of statements) await terminal.out(`${JSON.stringify(statement)}\n`);
      } else if (statements.length > 0) {
        for (const { outcome, identity, problem } of await writer.state(statements, {
          source: 'reference',
          atomic: false,
        })) {
          counts[outcome]++;
          if (problem) terminal.err(`${identity}: ${problemSentence(problem)}\n`);
        }
      }
      progress.update(at + batch.length);
    }
  });
  progress.clear();
  const { registered, unchanged, rejected, unknown, failed } = counts;
  const stated = options.dryRun
    ? 'nothing stated'
    : `${registered} registered, ${unchanged} unchanged, ${rejected} rejected`;
  terminal.err(
    `${identities.length} ${identities.length === 1 ? 'instrument' : 'instruments'}: ${stated}, ` +
      `${unknown} unknown to all, ${failed} could not be looked up\n`,
  );
  if (rejected > 0) throw new UsageError(`${rejected} statements were rejected; the others are registered`);
  if (failed > 0)
    throw new RetriableError(
      'reference_unavailable',
      `${failed} of ${identities.length} could not be looked up; try again later`,
    );
}

/** What people should know of an answer beside its facts: trouble, and providers that contradict one another. */
function tell(identity: string, answer: ChainAnswer, say: (text: string) => void): void {
  for (const { provider, code, message } of answer.failures) say(`${identity}: ${provider}: ${message} (${code})\n`);
  if (answer.outcome !== 'found') return;
  for (const { fact, kept, keptFrom, said, saidBy } of answer.disagreements)
    say(`${identity}: ${fact} is ${kept} by ${keptFrom}, but ${said} by ${saidBy}; the first is kept\n`);
}

async function stateCurated({ write, terminal }: RegistryPorts, options: EnrichOptions): Promise<void> {
  const statements: readonly Statement[] = curatedStatements();
  if (options.dryRun) {
    for (const statement of statements) await terminal.out(`${JSON.stringify(statement)}\n`);
    return;
  }
  const outcomes = await write(timeoutMs(options), (writer) =>
    writer.state(statements, { source: 'curated', atomic: true }),
  );
  const count = (wanted: string) => outcomes.filter(({ outcome }) => outcome === wanted).length;
  for (const { identity, problem } of outcomes) if (problem) terminal.err(`${identity}: ${problemSentence(problem)}\n`);
  terminal.err(
    `${outcomes.length} curated statements: ${count('registered')} registered, ${count('unchanged')} unchanged\n`,
  );
  if (count('rejected') > 0) throw new UsageError(`${count('rejected')} were rejected; nothing was registered`);
}

function lacking(reader: RegistryReader, all: boolean): string[] {
  return reader.ids('instruments').flatMap((id) => {
    const instrument = reader.newest('instruments', id);
    if (!instrument || instrument.isin === null) return [];
    const { figi, ticker, name } = instrument;
    return all || figi === null || ticker === null || name === null ? [instrument.identity] : [];
  });
}

/** Only what is registered is enriched, so that a lookup by mistake registers nothing. */
function identityWithIsin(text: string, reader: RegistryReader): string {
  const instrument = reader.newest('instruments', resolveReference('instruments', [text], reader));
  if (!instrument) throw new UsageError(`${text} is not registered (not_found)`);
  if (instrument.isin === null) throw new UsageError(`${instrument.identity} has no ISIN to be looked up by`);
  return instrument.identity;
}
