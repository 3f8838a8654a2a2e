import { type AnyTopic, type Clock, codeOf, FatalError, type Log, RetriableError, type Stage } from '@alphapulse/core';
import { GroupConsumer, isOutage, type KafkaConfig, SchemaIds } from '@alphapulse/kafka';
import { deadLetterTopic, internalParsed, internalValidated, opsBatches, stateTopic } from '@alphapulse/topics';
import { Lane, type LaneDeps, type RawInput } from './lane.ts';
import { patiently } from './patiently.ts';

export interface RunStagesOptions {
  /** A chain: each stage but the last writes the internal topic that the next one reads. */
  readonly stages: readonly Stage[];
  readonly stageDeps: unknown;
  readonly catchUp?: () => Promise<void>;
  readonly kafka: KafkaConfig;
  readonly schemaRegistryUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Added to the group's name, which is the stages' names joined by `-`: a second copy of the chain, from the beginning. */
  readonly groupSuffix?: string;
  readonly maxWaitMs?: number;
  readonly sessionTimeoutMs?: number;
  /** Told of each assignment, for readiness. */
  onAssigned?(partitions: number): void;
}

/**
 * Runs a chain of stages as a member of its consumer group until the signal aborts: exactly once, one transaction a
 * batch. Retriable errors back off and go on from the last commit; anything else rejects, and the process should exit.
 */
export async function runStages(options: RunStagesOptions, signal: AbortSignal): Promise<void> {
  const { stages, kafka, clock, log } = options;
  const first = stages[0];
  if (!first) throw new FatalError('config_invalid', 'no stages to run');
  checkChain(stages);
  const group = `${stages.map(({ name }) => name).join('-')}${options.groupSuffix ?? ''}`;
  const checkpointed = stages.some(({ state }) => state?.kind === 'checkpoints');
  const state = checkpointed ? stateTopic(first.name) : undefined;
  const schemas = new SchemaIds({ url: options.schemaRegistryUrl, clock });
  const written: AnyTopic[] = [
    ...new Set([
      ...stages.flatMap(({ reads, writes }) => [...reads, ...writes]),
      internalParsed,
      internalValidated,
      opsBatches,
      ...(state ? [state] : []),
    ]),
  ];
  await patiently(() => schemas.register(written), clock, log, signal);
  if (signal.aborted) return;

  const deps: LaneDeps = {
    group,
    stages,
    stageDeps: options.stageDeps,
    catchUp: options.catchUp ?? (async () => undefined),
    kafka,
    schemas,
    clock,
    log,
    accounts: opsBatches,
    stateTopic: state,
    deadLetterTopic,
  };
  const topics = new Map(first.reads.map((topic) => [topic.name, topic]));
  const laneOf = (topic: string, partition: number) =>
    first.copartitioned ? `#${partition}` : `${topic}#${partition}`;
  const lanes = new Map<string, Slot>();
  let failures = 0;

  /** Notes a failure that passes, and waits; anything else is thrown. */
  const backOff = async (error: unknown) => {
    if (!(error instanceof RetriableError) && !isOutage(error)) throw error;
    if (failures === 0) {
      const { message } = error as Error;
      log.warn({ group, code: codeOf(error), error: message }, 'processing waits and goes on from the last commit');
    }
    failures++;
    const retryAfterMs = error instanceof RetriableError ? error.retryAfterMs : undefined;
    await clock.sleep(retryAfterMs ?? Math.min(5_000, 100 * 2 ** Math.min(failures, 6)), signal);
  };
  const opened = async (slot: Slot, topic: string, partition: number): Promise<Lane> => {
    slot.lane ??= await Lane.open(deps, first.copartitioned ? first.reads : [topics.get(topic) as AnyTopic], partition);
    return slot.lane;
  };
  /** Runs work of a lane after what it already does; failures that pass use the lane up. */
  const inLane = (slot: Slot, work: () => Promise<void>): Promise<void> => {
    const done = slot.tail.then(async () => {
      try {
        await work();
      } catch (error) {
        const used = slot.lane;
        slot.lane = undefined;
        if (used) await used.close();
        await backOff(error);
      }
    });
    slot.tail = done.catch(() => undefined);
    return done;
  };

  const consumer = new GroupConsumer({
    config: kafka,
    clock,
    groupId: group,
    topics: [...topics.keys()],
    concurrency: 16,
    ...(options.maxWaitMs === undefined ? {} : { maxWaitMs: options.maxWaitMs }),
    ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
    onAssigned(assignment) {
      const mine = new Map(
        [...assignment].flatMap(([topic, partitions]) =>
          partitions.map((partition) => [laneOf(topic, partition), { topic, partition }] as const),
        ),
      );
      for (const [id, slot] of lanes) {
        if (mine.has(id)) continue;
        lanes.delete(id);
        void slot.tail.then(() => slot.lane?.close());
      }
      // All of them now, also those without new records: taking over settles transactions that a former owner left
      // open, which hold back every reader of the topics they wrote to.
      for (const [id, { topic, partition }] of mine) {
        if (lanes.has(id)) continue;
        const slot: Slot = { lane: undefined, tail: Promise.resolve() };
        lanes.set(id, slot);
        const open = async (): Promise<void> => {
          if (signal.aborted || lanes.get(id) !== slot) return;
          await inLane(slot, async () => void (await opened(slot, topic, partition)));
          if (!slot.lane) await open();
        };
        // What does not pass is thrown again by the first batch of the lane.
        open().catch((error: Error) => log.debug({ lane: id, error: error.message }, 'lane not opened'));
      }
      const partitions = [...assignment.values()].reduce((sum, list) => sum + list.length, 0);
      log.info({ group, partitions }, 'assigned');
      options.onAssigned?.(partitions);
    },
    async onBatch(batch) {
      const slot = lanes.get(laneOf(batch.topic, batch.partition));
      if (!slot) return;
      const beating = setInterval(
        () => void batch.heartbeat().catch((error: Error) => log.debug({ error: error.message }, 'heartbeat')),
        500,
      );
      try {
        await inLane(slot, async () => {
          if (batch.stale() || lanes.get(laneOf(batch.topic, batch.partition)) !== slot) return;
          const lane = await opened(slot, batch.topic, batch.partition);
          const rewindTo = lane.rewind(batch.topic, Number(batch.messages[0]?.offset));
          if (rewindTo !== undefined) {
            consumer.seek(batch.topic, batch.partition, rewindTo);
            return;
          }
          const topic = topics.get(batch.topic) as AnyTopic;
          const inputs = batch.messages.map(
            (message): RawInput => ({
              topic,
              partition: batch.partition,
              offset: Number(message.offset),
              timestampMs: Number(message.timestamp),
              key: message.key,
              value: message.value,
            }),
          );
          await lane.process(inputs);
          batch.resolve((inputs.at(-1) as RawInput).offset);
          if (failures > 0) log.info({ group, afterFailures: failures }, 'processing goes on');
          failures = 0;
        });
      } finally {
        clearInterval(beating);
      }
    },
  });
  try {
    await consumer.run(signal);
  } finally {
    for (const { lane, tail } of lanes.values()) {
      await tail;
      await lane?.close();
    }
  }
}

/** A lane while it is assigned here; its work runs one after the other. */
interface Slot {
  lane: Lane | undefined;
  tail: Promise<void>;
}

/** @throws FatalError `config_invalid` when a stage does not read exactly what the one before writes. */
function checkChain(stages: readonly Stage[]): void {
  for (let at = 1; at < stages.length; at++) {
    const [before, after] = [stages[at - 1] as Stage, stages[at] as Stage];
    const cut = after.reads[0];
    if (after.reads.length !== 1 || !before.writes.some(({ name }) => name === cut?.name)) {
      throw new FatalError('config_invalid', `stages ${before.name} and ${after.name} do not follow each other`);
    }
  }
}
