import { type Clock, FatalError, type ListingSeen, RejectedRecordError, RetriableError } from '@alphapulse/core';
import { type KafkaConfig, LogReader, SchemaIds } from '@alphapulse/kafka';
import { type AssetOverrides, curatedOverrides } from '@alphapulse/market';
import { statedListing } from './checks/check-listing-seen.ts';
import { checkStatement, type Stated } from './checks/check-statement.ts';
import { loadFormulas } from './checks/formulas.ts';
import { type IdOf, idOf } from './ids.ts';
import { type EntityKind, entityKinds, type Kind, topicOf } from './kinds.ts';
import { type PlannedRecord, Planner } from './planner.ts';
import type { EncodedRecord, ProducerPort } from './ports.ts';
import { registrarConfig } from './registrar-config.ts';
import type { Outcome, Statement } from './statement.ts';
import { TransactionalWriter } from './transactional-writer.ts';
import { RegistryView, type ViewPorts } from './view.ts';

export interface Registration {
  /** Listings that are new or have changed. */
  readonly registered: number;
  readonly unchanged: number;
  /** Listings that make no identity, or whose identity collides with another. */
  readonly rejected: number;
}

export interface RegistrarOptions {
  /** Replaceable by tests. */
  readonly idOf?: IdOf;
  /** Default true; false is for imports by a single writer that trusts its input. */
  readonly detectCollisions?: boolean;
  /**
   * Changed facts hold from so long after they are seen; default 5 s. By then every view has them, so that a record's
   * facts do not depend on how quickly its reader heard of the change.
   */
  readonly changeLeadMs?: number;
  /** What venues' codes mean where the rules do not say it; default the curated ones. */
  readonly overrides?: AssetOverrides;
  /** Random numbers from 0 to 1 for backing off. */
  readonly random?: () => number;
}

export interface StateOptions {
  /** Feed or team in whose name is stated. */
  readonly source: string;
  /** True writes nothing of them when one is rejected. */
  readonly atomic?: boolean;
}

export type RegistrarPorts = ViewPorts & { readonly producer: ProducerPort };

/** What a registrar must know to judge statements, and writes. */
const kinds: readonly Kind[] = [...entityKinds, 'collisions'];
const topics = kinds.map((kind) => topicOf[kind]);

/** Entities of one transaction, about as many records. */
const chunkSize = 4_000;
/** Times in a row that others may be faster. With the pauses between them that is about a minute. */
const maxAttempts = 60;
const firstPauseMs = 25;
const maxPauseMs = 2_000;
/** Times in a row that the broker may be away when something is to be committed. */
const maxOutages = 2;

/** A statement that is still to be checked. */
interface Item {
  readonly kind: EntityKind;
  readonly state: () => Stated;
}

/**
 * Registers what is stated of entities: appends to the registry topics what is new or changed, nothing else.
 * Any number of registrars may run at once. One writes at a time; it has taken over before it looked at what is known,
 * and what it appends is lost when another takes over before it has committed (docs/adr/0012).
 */
export class Registrar {
  readonly #view: RegistryView;
  readonly #ports: RegistrarPorts;
  readonly #options: Required<RegistrarOptions>;
  readonly #collisionsLogged = new Set<string>();
  readonly #closing = new AbortController();
  #queue: Promise<unknown> = Promise.resolve();
  #collisions = 0;

  constructor(ports: RegistrarPorts, options: RegistrarOptions = {}) {
    this.#ports = ports;
    this.#view = new RegistryView(ports, { kinds });
    this.#options = {
      idOf: options.idOf ?? idOf,
      detectCollisions: options.detectCollisions ?? true,
      changeLeadMs: options.changeLeadMs ?? 5_000,
      overrides: options.overrides ?? curatedOverrides(),
      random: options.random ?? Math.random,
    };
  }

  /** What is registered, as of the last call of `state` or `register`. */
  get view(): RegistryView {
    return this.#view;
  }

  /** Statements and listings rejected because an identity collides, over all calls. */
  get collisions(): number {
    return this.#collisions;
  }

  /**
   * States facts of entities. Resolves when all is appended and every view that catches up finds it. Calls run one after
   * another; statements are taken in order, so that one may refer to those before it. What is rejected says why in its
   * outcome and does not stop the others, unless `atomic`: then nothing is written, and the others are `unchanged`.
   * @throws RetriableError `registry_busy` when other registrars were faster each time; others when the world is away.
   */
  state(statements: readonly Statement[], options: StateOptions): Promise<Outcome[]> {
    return this.#enqueue(
      statements.map((statement) => ({ kind: statement.kind, state: () => checkStatement(statement) })),
      options,
      'statements registered',
    );
  }

  /**
   * Registers listings, each with the assets, instrument and venue that it needs. Resolves as `state` does, so that a
   * record emitted afterwards finds its listing. A listing that is rejected does not stop the others.
   */
  async register(listings: readonly ListingSeen[], source: string): Promise<Registration> {
    const { overrides } = this.#options;
    const outcomes = await this.#enqueue(
      listings.map((listing) => ({ kind: 'listings', state: () => statedListing(listing, overrides) })),
      { source },
      'listings registered',
    );
    return countOf(outcomes);
  }

  /** Ends a registration that still waits for the broker or for other registrars. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#view.close();
    await this.#queue;
    await this.#ports.producer.close();
  }

  #enqueue(items: readonly Item[], options: StateOptions, done: string): Promise<Outcome[]> {
    const registration = this.#queue.then(async () => {
      const outcomes = await this.#run(items, options);
      this.#report(outcomes, options.source, done);
      return outcomes;
    });
    this.#queue = registration.catch((error: Error) =>
      this.#ports.log.debug({ error: error.message }, 'registration failed'),
    );
    return registration;
  }

  async #run(items: readonly Item[], options: StateOptions): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const written = new Map<string, number>();
    let attempts = 0;
    let outages = 0;
    if (items.some(({ kind }) => kind === 'synthetics')) await loadFormulas();
    await this.#view.start();
    while (outcomes.length < items.length) {
      await this.#view.catchUp();
      const before = outcomes.length;
      try {
        if (this.#ports.producer.holds || (await this.#mustWrite(items, options, outcomes))) {
          if (options.atomic) await this.#writeAtOnce(items, options, outcomes, written);
          else await this.#writeInChunks(items, options, outcomes, written);
        }
      } catch (error) {
        if (!(error instanceof RetriableError) || this.#closing.signal.aborted) throw error;
        if (outcomes.length > before) attempts = outages = 0;
        if (error.code !== 'producer_fenced' && ++outages > maxOutages) throw error;
        if (++attempts > maxAttempts) {
          const message = `other registrars were faster ${maxAttempts} times`;
          throw new RetriableError('registry_busy', message, { cause: error });
        }
        await this.#pause(attempts);
      }
    }
    await this.#shown(written);
    return outcomes;
  }

  /**
   * Takes the right to write over if there is something to be written, else adds the outcomes. Whoever has nothing to say
   * must not disturb those who have.
   */
  async #mustWrite(items: readonly Item[], options: StateOptions, outcomes: Outcome[]): Promise<boolean> {
    const unchanged = this.#unchanged(items.slice(outcomes.length), options);
    if (unchanged) {
      outcomes.push(...unchanged);
      return false;
    }
    await this.#ports.producer.takeOver(topics.map(({ name }) => name));
    // Only now is what is known all there is: whoever wrote before cannot commit any more.
    await this.#view.catchUp();
    return true;
  }

  /** The outcomes when nothing is to be written; undefined when something is. */
  #unchanged(items: readonly Item[], { source, atomic }: StateOptions): Outcome[] | undefined {
    const planner = this.#planner(source);
    const outcomes: Outcome[] = [];
    for (const { kind, state } of items) {
      outcomes.push(planner.take(state, kind));
      if (!atomic && !planner.empty) return undefined;
    }
    if (planner.empty) return outcomes;
    const rejected = atomic && outcomes.some(isRejected);
    return rejected && !planner.foundCollisions ? outcomes.map(notRegistered) : undefined;
  }

  /** Writes in transactions of bounded size; outcomes of what is committed are final. */
  async #writeInChunks(
    items: readonly Item[],
    { source }: StateOptions,
    outcomes: Outcome[],
    written: Map<string, number>,
  ): Promise<void> {
    const planner = this.#planner(source);
    while (outcomes.length < items.length) {
      const chunk: Outcome[] = [];
      while (outcomes.length + chunk.length < items.length && planner.size < chunkSize) {
        const { kind, state } = items[outcomes.length + chunk.length] as Item;
        chunk.push(planner.take(state, kind));
      }
      await this.#commit(planner.drain(), written);
      outcomes.push(...chunk);
    }
  }

  async #writeAtOnce(
    items: readonly Item[],
    { source }: StateOptions,
    outcomes: Outcome[],
    written: Map<string, number>,
  ): Promise<void> {
    const planner = this.#planner(source);
    const all = items.map(({ kind, state }) => planner.take(state, kind));
    const rejected = all.some(isRejected);
    const records = planner.drain();
    // A collision that was found is told, whatever becomes of the statements.
    await this.#commit(rejected ? records.filter(({ topic }) => topic === topicOf.collisions) : records, written);
    outcomes.push(...(rejected ? all.map(notRegistered) : all));
  }

  async #commit(records: readonly PlannedRecord[], written: Map<string, number>): Promise<void> {
    if (records.length === 0) return;
    const { clock, producer } = this.#ports;
    const encoded = records.map((record) => this.#encode(record));
    for (const [id, next] of await producer.commit(encoded, clock.nowMs())) written.set(id, next);
  }

  #encode({ topic, key, value }: PlannedRecord): EncodedRecord {
    try {
      return { topic: topic.name, key, prefix: this.#ports.schemas.prefix(topic), value: topic.value.encode(value) };
    } catch (cause) {
      if (!(cause instanceof RejectedRecordError)) throw cause;
      throw new FatalError('unexpected', `${topic.name} ${key}: checked, but not written: ${cause.message}`, { cause });
    }
  }

  /**
   * Resolves when the view shows what was written, and so does every view that catches up from now on: a commit is
   * acknowledged before its markers stand in every partition.
   */
  async #shown(written: ReadonlyMap<string, number>): Promise<void> {
    const behind = () => [...written].some(([id, next]) => (this.#view.positions.get(id) ?? 0) < next);
    while (behind()) {
      await this.#view.catchUp();
      if (behind()) await this.#ports.clock.sleep(2, this.#closing.signal);
    }
  }

  #planner(source: string): Planner {
    const { idOf, changeLeadMs, detectCollisions } = this.#options;
    return new Planner({
      ...{ source, known: this.#view, idOf, detectCollisions },
      nowUs: this.#ports.clock.nowUs(),
      changeLeadUs: changeLeadMs * 1_000,
    });
  }

  /** Longer each time, and by chance, so that registrars that meet do not meet again. */
  async #pause(attempt: number): Promise<void> {
    const longest = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(attempt, 10));
    await this.#ports.clock.sleep(Math.ceil(longest * this.#options.random()), this.#closing.signal);
  }

  #report(outcomes: readonly Outcome[], source: string, done: string): void {
    const { log } = this.#ports;
    const rejected = outcomes.filter(isRejected);
    for (const { kind, identity, problem } of rejected) {
      if (!problem) continue;
      const { code, path, message } = problem;
      if (code !== 'identity_collision') {
        log.debug({ code, kind, identity, path, error: message }, 'statement rejected');
        continue;
      }
      this.#collisions++;
      if (this.#collisionsLogged.has(message)) continue;
      this.#collisionsLogged.add(message);
      log.error({ code, kind, identity, error: message }, 'identity rejected');
    }
    const counts = countOf(outcomes);
    if (counts.registered === 0 && counts.rejected === 0) return;
    const first = rejected[0];
    log.info({ source, ...counts, ...(first ? { firstRejected: first } : {}) }, done);
  }
}

function isRejected({ outcome }: Outcome): boolean {
  return outcome === 'rejected';
}

/** What becomes of a statement when nothing is written for the sake of another. */
function notRegistered(outcome: Outcome): Outcome {
  return isRejected(outcome) ? outcome : { ...outcome, outcome: 'unchanged' };
}

function countOf(outcomes: readonly Outcome[]): Registration {
  const counts = { registered: 0, unchanged: 0, rejected: 0 };
  for (const { outcome } of outcomes) counts[outcome]++;
  return counts;
}

/**
 * A registrar over Kafka. It connects with the first call; close it. HASH_ALGORITHM and COLLISION_DETECTION of the
 * environment hold where the options say nothing.
 * @throws FatalError `config_invalid`
 */
export function createRegistrar(
  options: {
    readonly config: KafkaConfig;
    readonly schemaRegistryUrl: string;
    readonly clock: Clock;
  } & RegistrarOptions,
): Registrar {
  const { config, clock, schemaRegistryUrl } = options;
  return new Registrar(
    {
      // Answers at once: a statement waits for the view.
      reader: new LogReader({ config, clock, gatherMs: 0 }),
      ends: new LogReader({ config, clock }),
      schemas: new SchemaIds({ url: schemaRegistryUrl, clock }),
      producer: new TransactionalWriter(config),
      clock,
      log: config.log,
    },
    { ...registrarConfig(process.env), ...options },
  );
}
