import {
  type AnyTopic,
  type Clock,
  type Codec,
  FatalError,
  RejectedRecordError,
  RetriableError,
} from '@alphapulse/core';
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import avro from 'avsc';

/**
 * Confluent wire format: magic byte 0, schema id i32 big-endian, Avro bytes
 * (https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format).
 * Ids of our own schemas are resolved once at start. A foreign id is looked up once, with its resolver to our schema
 * kept; an unknown one is remembered as unknown for a while, so that poison does not hammer the registry.
 */
export class SchemaIds {
  readonly #registry: SchemaRegistry;
  readonly #clock: Clock;
  readonly #prefixes = new Map<string, Buffer>();
  readonly #ids = new Map<string, number>();
  readonly #foreign = new Map<string, { decode: ((bytes: Buffer) => unknown) | undefined; unknownUntilMs: number }>();
  readonly #lookups = new Map<string, Promise<void>>();

  constructor(options: { url: string; clock: Clock }) {
    this.#registry = new SchemaRegistry({ host: options.url, retry: { retries: 2 } });
    this.#clock = options.clock;
  }

  /** Registers (a no-op when it is there) the schemas of the topics. @throws FatalError `schema_incompatible`. */
  async register(topics: readonly AnyTopic[]): Promise<void> {
    for (const topic of topics) {
      if (topic.value.schema === null || this.#prefixes.has(topic.name)) continue;
      this.#remember(topic.name, await this.#registerOne(topic));
    }
  }

  async #registerOne(topic: AnyTopic): Promise<number> {
    for (let attempt = 0; ; attempt++) {
      try {
        const schema = JSON.stringify(topic.value.schema);
        const { id } = await this.#registry.register(
          { type: SchemaType.AVRO, schema },
          { subject: `${topic.name}-value`, compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE },
        );
        return id;
      } catch (cause) {
        const { status, message } = cause as { status?: number; message: string };
        // Two processes that register a new subject at once: the loser finds the rule or the version there already.
        const lostRace = status === 409 && /already exists/i.test(message);
        if (lostRace && attempt < 5) {
          await this.#clock.sleep(100 * (attempt + 1));
          continue;
        }
        if (!lostRace && (status === 409 || status === 422)) {
          throw new FatalError('schema_incompatible', `${topic.name}: the registry refuses the schema: ${message}`, {
            cause,
          });
        }
        throw new RetriableError('schema_registry_unavailable', `schema registry: ${message}`, { cause });
      }
    }
  }

  /** The five bytes before a topic's values; null for topics of opaque bytes. */
  prefix(topic: AnyTopic): Buffer | null {
    if (topic.value.schema === null) return null;
    const prefix = this.#prefixes.get(topic.name);
    if (!prefix) throw new FatalError('config_invalid', `schema of ${topic.name} was not registered`);
    return prefix;
  }

  /**
   * Decodes a framed value.
   * @throws RejectedRecordError `record_undecodable` or `schema_unknown`; `undefined` asks to `lookUp` the id first.
   */
  decode<V>(topic: { name: string; value: Codec<V> }, framed: Buffer | null): V | undefined {
    if (framed === null) throw new RejectedRecordError('record_undecodable', `${topic.name}: record has no value`);
    if (topic.value.schema === null) return topic.value.decode(framed);
    if (framed.length < 5 || framed[0] !== 0)
      throw new RejectedRecordError('record_undecodable', `${topic.name}: value is not in Confluent’s wire format`);
    const id = framed.readInt32BE(1);
    if (id === this.#ids.get(topic.name)) return topic.value.decode(framed.subarray(5));
    const foreign = this.#foreign.get(`${topic.name}/${id}`);
    if (foreign === undefined || (foreign.decode === undefined && this.#clock.nowMs() >= foreign.unknownUntilMs))
      return undefined;
    if (foreign.decode === undefined)
      throw new RejectedRecordError('schema_unknown', `${topic.name}: schema id ${id} is not usable here`, {
        details: { schemaId: id },
      });
    try {
      return foreign.decode(framed.subarray(5)) as V;
    } catch (cause) {
      throw new RejectedRecordError(
        'record_undecodable',
        `${topic.name}: bytes do not fit schema ${id}: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  /** Looks up the schema id of a framed value, once however many ask. @throws RetriableError when the registry is away. */
  lookUp(topic: AnyTopic, framed: Buffer): Promise<void> {
    const id = framed.readInt32BE(1);
    const key = `${topic.name}/${id}`;
    const running = this.#lookups.get(key);
    if (running) return running;
    const lookup = this.#lookUp(topic, id, key).finally(() => this.#lookups.delete(key));
    this.#lookups.set(key, lookup);
    return lookup;
  }

  async #lookUp(topic: AnyTopic, id: number, key: string): Promise<void> {
    const unknown = { decode: undefined, unknownUntilMs: this.#clock.nowMs() + 300_000 };
    let written: unknown;
    try {
      written = await this.#registry.getSchema(id);
    } catch (cause) {
      const status = (cause as { status?: number }).status;
      if (status === undefined || status >= 500 || status === 429) {
        throw new RetriableError('schema_registry_unavailable', `schema registry: ${(cause as Error).message}`, {
          cause,
        });
      }
      this.#foreign.set(key, unknown);
      return;
    }
    try {
      const writer = avro.Type.forSchema(JSON.parse(JSON.stringify(written)), { wrapUnions: 'auto' });
      const reader = avro.Type.forSchema(topic.value.schema as avro.Schema, { wrapUnions: 'auto' });
      const resolver = reader.createResolver(writer);
      // The union topics' codecs add the event kind, which a plain resolver cannot: they take their own bytes only.
      this.#foreign.set(key, {
        decode: (bytes) => topic.value.decode(reader.toBuffer(reader.fromBuffer(bytes, resolver))),
        unknownUntilMs: 0,
      });
    } catch {
      // Not Avro, or not resolvable to what this topic's readers understand: its records are dead letters.
      this.#foreign.set(key, unknown);
    }
  }

  #remember(topic: string, id: number): void {
    const prefix = Buffer.alloc(5);
    prefix.writeInt32BE(id, 1);
    this.#prefixes.set(topic, prefix);
    this.#ids.set(topic, id);
  }
}
