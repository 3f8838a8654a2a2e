import { type Clock, type ListingSeen, type Log, RejectedRecordError } from '@alphapulse/core';
import { IdempotentProducer, type KafkaConfig, LogReader, SchemaIds } from '@alphapulse/kafka';
import { type IdOf, idOf } from './ids.ts';
import { allKinds, topicOf } from './kinds.ts';
import { type PlannedRecord, planRegistration } from './plan-registration.ts';
import type { ProducerPort } from './ports.ts';
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
  /**
   * Changed facts hold from so long after they are seen; default 5 s. By then every view has them, so that a record's
   * facts do not depend on how quickly its reader heard of the change.
   */
  readonly changeLeadMs?: number;
}

/**
 * Registers what venues list: appends to the registry topics what is new or changed, nothing else.
 * Any number of registrars may run at once; two that say the same at the same time write the same record twice.
 */
export class Registrar {
  readonly #view: RegistryView;
  readonly #ports: ViewPorts & { readonly producer: ProducerPort };
  readonly #idOf: IdOf;
  readonly #changeLeadUs: number;
  readonly #collisionsLogged = new Set<string>();
  #connected: Promise<void> | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #collisions = 0;

  constructor(ports: ViewPorts & { readonly producer: ProducerPort }, options: RegistrarOptions = {}) {
    this.#ports = ports;
    this.#view = new RegistryView(ports, { kinds: allKinds });
    this.#idOf = options.idOf ?? idOf;
    this.#changeLeadUs = (options.changeLeadMs ?? 5_000) * 1_000;
  }

  /** What is registered, as of the last call of `register`. */
  get view(): RegistryView {
    return this.#view;
  }

  /** Listings rejected because an identity collides, over all calls. */
  get collisions(): number {
    return this.#collisions;
  }

  /**
   * Registers listings. Resolves when all is appended and acknowledged, so that a record emitted afterwards finds
   * its listing. Calls run one after another. A listing that is rejected does not stop the others.
   */
  register(listings: readonly ListingSeen[], source: string): Promise<Registration> {
    const registration = this.#queue.then(() => this.#register(listings, source));
    this.#queue = registration.catch((error: Error) =>
      this.#ports.log.debug({ error: error.message }, 'registration failed'),
    );
    return registration;
  }

  /** Ends a registration that still waits for the broker; what is being sent gets the producer's time to arrive. */
  async close(): Promise<void> {
    await this.#view.close();
    if (this.#connected) await this.#ports.producer.close();
    await this.#queue;
  }

  async #register(listings: readonly ListingSeen[], source: string): Promise<Registration> {
    const { clock, log, producer } = this.#ports;
    await this.#view.start();
    await this.#connect();
    await this.#view.catchUp();
    const plan = planRegistration({
      listings,
      source,
      known: this.#view,
      idOf: this.#idOf,
      nowUs: clock.nowUs(),
      changeLeadUs: this.#changeLeadUs,
    });
    let unwritable = 0;
    for (const record of plan.records) if (!this.#send(record)) unwritable++;
    await producer.flush();

    for (const { code, message, venue, symbol } of plan.rejected) {
      if (code === 'identity_collision') {
        this.#collisions++;
        if (this.#collisionsLogged.has(message)) continue;
        this.#collisionsLogged.add(message);
        log.error({ code, venue, symbol, error: message }, 'identity rejected');
      } else {
        log.debug({ code, venue, symbol, error: message }, 'listing rejected');
      }
    }
    const { registered, unchanged } = plan;
    const rejected = plan.rejected.length + unwritable;
    const first = plan.rejected[0];
    if (registered > 0 || rejected > 0) {
      log.info(
        { source, registered, unchanged, rejected, ...(first ? { firstRejected: first } : {}) },
        'listings registered',
      );
    }
    return { registered, unchanged, rejected };
  }

  #send({ topic, key, value }: PlannedRecord): boolean {
    const { clock, log, producer, schemas } = this.#ports;
    try {
      const bytes = topic.value.encode(value);
      producer.send(topic.name, key, schemas.prefix(topic), bytes, clock.nowMs());
      return true;
    } catch (error) {
      if (!(error instanceof RejectedRecordError)) throw error;
      log.error({ code: error.code, topic: topic.name, key, error: error.message }, 'record cannot be written');
      return false;
    }
  }

  #connect(): Promise<void> {
    this.#connected ??= this.#ports.producer
      .connect(allKinds.map((kind) => topicOf[kind].name))
      .catch((error: Error) => {
        this.#connected = undefined;
        throw error;
      });
    return this.#connected;
  }
}

/** A registrar over Kafka. It connects with the first `register`; close it. */
export function createRegistrar(
  options: {
    readonly config: KafkaConfig;
    readonly schemaRegistryUrl: string;
    readonly clock: Clock;
  } & RegistrarOptions,
): Registrar {
  const { config, clock, schemaRegistryUrl } = options;
  const log: Log = config.log;
  return new Registrar(
    {
      reader: new LogReader({ config, clock }),
      ends: new LogReader({ config, clock }),
      schemas: new SchemaIds({ url: schemaRegistryUrl, clock }),
      producer: new IdempotentProducer({ config, clock }),
      clock,
      log,
    },
    options,
  );
}
