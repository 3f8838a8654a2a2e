import { type AnyTopic, type Clock, codeOf, FatalError, type Log, RetriableError, type Stage } from '@alphapulse/core';
import { type ConsumedBatch, GroupConsumer, isOutage, type KafkaConfig, SchemaIds } from '@alphapulse/kafka';
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
  const lanes = new Map<number, Slot>();
  let failures = 0;
  /** A failure outside of any batch that does not pass: it ends the run. */
  let failure: unknown;
  const failing = new AbortController();
  const fail = (error: unknown) => {
    failure ??= error;
    failing.abort();
  };

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
  const openLane = async (slot: Slot): Promise<Lane> => {
    const lane = await Lane.open(deps, slot.partition);
    // A lane that was used up may have held back batches that the consumer has passed: they come again.
    if (slot.wasUsedUp) for (const [topic, next] of lane.positions()) consumer.seek(topic, slot.partition, next);
    slot.wasUsedUp = false;
    return lane;
  };
  /** Runs work of a lane after what it already does; a failure that passes uses the lane up. */
  const inLane = (slot: Slot, work: (lane: Lane) => Promise<void>): Promise<void> => {
    const done = slot.tail.then(async () => {
      if (signal.aborted || lanes.get(slot.partition) !== slot) return;
      try {
        slot.lane ??= await openLane(slot);
        await work(slot.lane);
      } catch (error) {
        const used = slot.lane;
        slot.lane = undefined;
        slot.wasUsedUp = true;
        if (used) await used.close();
        await backOff(error);
      }
    });
    slot.tail = done.catch(() => undefined);
    return done;
  };
  /** Sees to it that what a lane holds back is committed in time though no further batch may come. */
  const commitLater = (slot: Slot, lane: Lane): void => {
    const { commitDueMs } = lane;
    if (commitDueMs === undefined || slot.timer !== undefined) return;
    slot.timer = setTimeout(
      () => {
        slot.timer = undefined;
        inLane(slot, async (current) => {
          if (current.commitDueMs === undefined) return;
          if (current.commitDueMs <= clock.nowMs()) await current.commit();
          else commitLater(slot, current);
        }).catch(fail);
      },
      Math.max(1, commitDueMs - clock.nowMs()),
    );
  };
  /** Takes what the lane has waiting, of all its topics, through one transaction. */
  const processWaiting = async (slot: Slot, lane: Lane): Promise<void> => {
    const batches = slot.waiting.splice(0).filter((batch) => !batch.stale());
    const wanted = batches.filter((batch) => {
      const rewindTo = lane.rewind(batch.topic, Number(batch.messages[0]?.offset));
      if (rewindTo !== undefined) consumer.seek(batch.topic, batch.partition, rewindTo);
      return rewindTo === undefined;
    });
    await lane.process(wanted.map((batch) => inputsOf(batch, topics.get(batch.topic) as AnyTopic)));
    for (const { messages, resolve } of wanted) resolve(Number(messages.at(-1)?.offset));
    commitLater(slot, lane);
    if (failures > 0) log.info({ group, afterFailures: failures }, 'processing goes on');
    failures = 0;
  };

  const consumer = new GroupConsumer({
    config: kafka,
    clock,
    groupId: group,
    topics: [...topics.keys()],
    concurrency: 16,
    maxWaitMs: options.maxWaitMs ?? 40,
    // Few and larger transactions: at a low rate the broker collects for `maxWaitMs`, at a high one it answers at once.
    minBytes: 256 * 1024,
    ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
    onAssigned(assignment) {
      const mine = new Set([...assignment.values()].flat());
      for (const [partition, slot] of lanes) {
        slot.lane?.joinedAgain();
        if (mine.has(partition)) continue;
        lanes.delete(partition);
        clearTimeout(slot.timer);
        void slot.tail.then(() => slot.lane?.close());
      }
      // All of them now, also those without new records: taking over settles transactions that a former owner left
      // open, which hold back every reader of the topics they wrote to.
      for (const partition of mine) {
        if (lanes.has(partition)) continue;
        const slot: Slot = {
          partition,
          lane: undefined,
          waiting: [],
          tail: Promise.resolve(),
          timer: undefined,
          wasUsedUp: false,
        };
        lanes.set(partition, slot);
        const open = async (): Promise<void> => {
          await inLane(slot, async () => undefined);
          if (!slot.lane && lanes.get(partition) === slot && !signal.aborted) await open();
        };
        // What does not pass is thrown again by the first batch of the lane.
        open().catch((error: Error) => log.debug({ partition, error: error.message }, 'lane not opened'));
      }
      log.info({ group, partitions: [...mine].sort((a, b) => a - b).join(',') }, 'assigned');
      options.onAssigned?.(mine.size);
    },
    async onBatch(batch) {
      const slot = lanes.get(batch.partition);
      if (!slot) return;
      const beating = setInterval(
        () => void batch.heartbeat().catch((error: Error) => log.debug({ error: error.message }, 'heartbeat')),
        500,
      );
      slot.waiting.push(batch);
      try {
        // The batches that one fetch brought for the lane come in the same turn: they share a transaction.
        await new Promise((resolve) => setImmediate(resolve));
        await inLane(slot, (lane) => processWaiting(slot, lane));
      } finally {
        clearInterval(beating);
      }
    },
  });
  try {
    await consumer.run(AbortSignal.any([signal, failing.signal]));
    if (failure !== undefined) throw failure;
  } finally {
    for (const { lane, tail, timer } of lanes.values()) {
      clearTimeout(timer);
      await tail;
      // The next owner would fold it again; committed, it starts where this one stopped.
      await lane
        ?.commit()
        .catch((error: Error) =>
          log.info({ code: codeOf(error), error: error.message }, 'end of batch left to the next'),
        );
      await lane?.close();
    }
  }
}

/** A lane while it is assigned here; its work runs one after the other. */
interface Slot {
  readonly partition: number;
  lane: Lane | undefined;
  /** Fetched and not yet processed. */
  readonly waiting: ConsumedBatch[];
  tail: Promise<void>;
  /** True from a failure of the lane until it is open again. */
  wasUsedUp: boolean;
  /** Runs while the lane holds something back. */
  timer: NodeJS.Timeout | undefined;
}

function inputsOf(batch: ConsumedBatch, topic: AnyTopic): RawInput[] {
  return batch.messages.map(({ offset, timestamp, key, value }) => ({
    topic,
    partition: batch.partition,
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key,
    value,
  }));
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
