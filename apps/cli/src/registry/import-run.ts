import { normaliseIdentity } from '@alphapulse/market';
import { type EntityKind, idOf } from '@alphapulse/registry';
import type { Outcome, Statement } from '@alphapulse/registry/statement.ts';
import { legsFirst } from './export-order.ts';
import { type ImportPlan, kindOfRecord } from './import-passes.ts';
import type { ImportRecord } from './import-records.ts';
import type { RegistryWriter } from './ports.ts';
import { type Problem, pathInStatement, type StatementDefaults, shapeStatement } from './statement-shape.ts';

/**
 * Statements that are stated at once; more when the last ones are of one entity, whose versions are stated together:
 * what is stated together was never believed without the rest.
 */
export const batchSize = 1_000;
/** Statements that are stated at once at most, whatever they are of. */
const largestBatch = 4 * batchSize;
/** Feed that is named for lines that name none. */
const defaultSource = 'import';

export interface ImportCounts {
  lines: number;
  registered: number;
  unchanged: number;
  rejected: number;
  /** Findings and former beliefs, which state nothing. */
  passedOver: number;
}

export interface ImportRun {
  readonly plan: ImportPlan;
  /** Opens the file anew for each reading. */
  readonly open: () => AsyncIterable<ImportRecord>;
  readonly defaults: StatementDefaults;
  readonly writer: RegistryWriter;
  /** Called for every line that is rejected, in the order in which that is found. */
  readonly onRejected: (line: number, problem: Problem) => Promise<void>;
  /** Called after every step. */
  readonly onProgress: (counts: Readonly<ImportCounts>) => void;
}

interface Pending {
  readonly line: number;
  readonly statement: Statement;
}

/** States every line of a file, in batches, references first; a line that is rejected does not stop the others. */
export async function runImport({
  plan,
  open,
  defaults,
  writer,
  onRejected,
  onProgress,
}: ImportRun): Promise<ImportCounts> {
  const counts: ImportCounts = { lines: 0, registered: 0, unchanged: 0, rejected: 0, passedOver: 0 };
  let batch: Pending[] = [];
  const synthetics: Pending[] = [];

  for (const [at, kinds] of plan.passes.entries()) {
    for await (const record of open()) {
      if (!belongs(record, kinds, at === 0, defaults.kind)) continue;
      await take(record);
    }
  }
  for (const each of inLegOrder(synthetics)) await add(each);
  await flush();
  return counts;

  async function take(record: ImportRecord): Promise<void> {
    counts.lines++;
    if ('problem' in record) return reject(record.line, record.problem);
    const shaped = shapeStatement(record.value, defaults);
    if (shaped === null) {
      counts.passedOver++;
      return onProgress(counts);
    }
    if ('problem' in shaped) return reject(record.line, shaped.problem);
    const { statement } = shaped;
    // Few and in need of an order of their own: they wait for the end.
    if (statement.kind === 'synthetics') synthetics.push({ line: record.line, statement });
    else await add({ line: record.line, statement });
  }

  async function add(one: Pending): Promise<void> {
    const last = batch.at(-1);
    if (last && batch.length >= batchSize && (batch.length >= largestBatch || !sameEntity(last, one))) await flush();
    batch.push(one);
  }

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const stated = batch;
    batch = [];
    const outcomes = await writer.state(
      stated.map(({ statement }) => statement),
      { source: defaultSource, atomic: false },
    );
    for (const [at, { line }] of stated.entries()) await count(line, outcomes[at] as Outcome);
    onProgress(counts);
  }

  async function count(line: number, { outcome, problem }: Outcome): Promise<void> {
    if (outcome !== 'rejected') counts[outcome]++;
    else if (problem) await reject(line, { ...problem, path: pathInStatement(problem.path) });
    else await reject(line, { code: 'unexpected', path: '', message: 'rejected without a reason' });
  }

  async function reject(line: number, problem: Problem): Promise<void> {
    counts.rejected++;
    await onRejected(line, problem);
    onProgress(counts);
  }
}

/** What has no kind is told of once, in the first reading. */
function belongs(
  record: ImportRecord,
  kinds: readonly EntityKind[],
  first: boolean,
  kind: EntityKind | undefined,
): boolean {
  const named = kindOfRecord(record) ?? ('value' in record ? kind : undefined);
  return named === undefined ? first : kinds.includes(named);
}

/** True for two statements of one entity, as far as that can be told without the registry. */
function sameEntity(a: Pending, b: Pending): boolean {
  return (
    a.statement.kind === b.statement.kind &&
    keyFacts[a.statement.kind].every((name) => fact(a.statement, name) === fact(b.statement, name))
  );
}

function fact({ facts }: Statement, name: string): unknown {
  return (facts as unknown as Readonly<Record<string, unknown>>)[name];
}

/** Facts that an entity's identity is made of. */
const keyFacts: Readonly<Record<EntityKind, readonly string[]>> = {
  assets: ['code'],
  venues: ['name'],
  instruments: ['identity'],
  tokens: ['chain', 'address'],
  pools: ['blockchain', 'poolAddress'],
  listings: ['venue', 'symbol'],
  synthetics: ['name'],
};

/** Synthetics after those they are made of; the versions of each as they stand in the file. */
function inLegOrder<T extends Pending>(synthetics: readonly T[]): T[] {
  const byId = new Map<string, T[]>();
  for (const each of synthetics) {
    const id = idOf(`synthetic:${fact(each.statement, 'name')}`);
    byId.set(id, [...(byId.get(id) ?? []), each]);
  }
  const order = legsFirst([...byId.keys()], (id) => (byId.get(id) ?? []).flatMap(legIds));
  return order.flatMap((id) => byId.get(id) ?? []);
}

/** Ids of the legs; of what is not shaped as legs, which the registry will say, none. */
function legIds({ statement }: Pending): string[] {
  const legs = fact(statement, 'legs');
  if (!Array.isArray(legs)) return [];
  return legs.flatMap((leg) => {
    const instrument: unknown = (leg as { instrument?: unknown } | null)?.instrument;
    if (typeof instrument !== 'string') return [];
    return [/^[0-9a-f]{32}$/.test(instrument) ? instrument : idOf(normaliseIdentity(instrument) ?? instrument)];
  });
}
