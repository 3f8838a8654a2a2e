import type { Clock, Log } from '@alphapulse/core';
import { type KafkaConfig, LogReader, SchemaIds } from '@alphapulse/kafka';
import type { Change, OnCorrupt } from './decode.ts';
import { RegistryFollower } from './follower.ts';
import { entityKinds, type Kind } from './kinds.ts';
import type { ReaderPort, SchemaPort } from './ports.ts';
import { RegistryMap } from './registry-map.ts';

export interface ViewPorts {
  readonly reader: ReaderPort;
  readonly ends: Pick<ReaderPort, 'ends' | 'close'>;
  readonly schemas: SchemaPort;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ViewOptions {
  /** What to hold; default all entities, without collisions and mappings. */
  readonly kinds?: readonly Kind[];
  /** Told of every record, after the view shows it. */
  readonly onChange?: (change: Change) => void;
  /** Told of every record that was skipped because it cannot be decoded. */
  readonly onCorrupt?: OnCorrupt;
}

/**
 * Fills a view from a copy of the topics before it follows them: hands what the copy has to `take` and gives the next
 * offsets to follow from, or undefined for the beginning; what was taken is forgotten then.
 */
export type Fill = (options: {
  /** Where the topics end, by `<topic>/<partition>`. */
  readonly ends: ReadonlyMap<string, number>;
  readonly take: (change: Change) => void;
  readonly signal: AbortSignal;
}) => Promise<ReadonlyMap<string, number> | undefined>;

/**
 * The registry in this process's memory: filled from the compacted topics at `start`, following them after.
 */
export class RegistryView extends RegistryMap {
  readonly #follower: RegistryFollower;

  constructor(ports: ViewPorts, options: ViewOptions = {}, fill?: Fill) {
    super();
    const { onChange, onCorrupt, kinds = entityKinds } = options;
    const take = (change: Change) => {
      this.apply(change);
      onChange?.(change);
    };
    this.#follower = new RegistryFollower({
      ...ports,
      kinds,
      ...(onCorrupt ? { onCorrupt } : {}),
      onBatch: ({ changes }) => changes.forEach(take),
      ...(fill
        ? {
            resume: (ends: ReadonlyMap<string, number>, signal: AbortSignal) =>
              this.#fill(fill, { ends, take, signal }),
          }
        : {}),
    });
  }

  /** Resolves when all that is in the topics now is in the view; waits for a broker that is away. */
  start(): Promise<void> {
    return this.#follower.start();
  }

  /** Resolves when all that is in the topics now is in the view. @throws RetriableError after `timeoutMs` (10 s). */
  catchUp(timeoutMs?: number): Promise<void> {
    return this.#follower.catchUp(timeoutMs);
  }

  close(): Promise<void> {
    return this.#follower.stop();
  }

  /** Rejects when following failed for good, resolves when it was closed. */
  get done(): Promise<void> {
    return this.#follower.done;
  }

  get caughtUp(): boolean {
    return this.#follower.caughtUp;
  }

  /** Corrupt records skipped so far. */
  get corrupt(): number {
    return this.#follower.corrupt;
  }

  /** Next offset by `<topic>/<partition>`. */
  get positions(): ReadonlyMap<string, number> {
    return this.#follower.positions;
  }

  async #fill(fill: Fill, options: Parameters<Fill>[0]): Promise<ReadonlyMap<string, number> | undefined> {
    const positions = await fill(options);
    if (positions === undefined) this.clear();
    return positions;
  }
}

/** A view over Kafka. Call `start` before the first lookup. */
export function createRegistryView(
  options: { readonly config: KafkaConfig; readonly schemaRegistryUrl: string; readonly clock: Clock } & ViewOptions,
): RegistryView {
  const { config, clock, schemaRegistryUrl } = options;
  return new RegistryView(
    {
      reader: new LogReader({ config, clock, gatherMs: 0 }),
      ends: new LogReader({ config, clock }),
      schemas: new SchemaIds({ url: schemaRegistryUrl, clock }),
      clock,
      log: config.log,
    },
    options,
  );
}
