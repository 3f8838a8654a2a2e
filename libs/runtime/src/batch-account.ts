import type { Stage } from '@alphapulse/core';
import type { BatchAccount } from '@alphapulse/schemas';
import type { RawInput } from './lane.ts';
import { type BatchResult, fate } from './pipeline.ts';

/** How many receive times a batch account samples for latency. */
const latencySamples = 16;

/** The account of a batch: what each of its input records became. */
export function batchAccountOf(
  stages: readonly Stage[],
  inputs: readonly RawInput[],
  result: BatchResult,
  facts: {
    /** Inputs that could not even be decoded; each is a dead letter. */
    readonly undecodable: number;
    readonly outputs: Record<string, number>;
    readonly deadLetters: Record<string, number>;
    readonly processedTime: number;
  },
): BatchAccount {
  let withOutputs = 0;
  let filteredRecords = 0;
  let deadRecords = facts.undecodable;
  for (const bits of result.fates) {
    if (bits & fate.output) withOutputs++;
    else if (bits & fate.dead) deadRecords++;
    else if (bits & fate.filtered) filteredRecords++;
  }
  const first = inputs[0] as RawInput;
  const step = Math.max(1, Math.floor(inputs.length / latencySamples));
  return {
    stages: stages.map(({ name }) => name).join('+'),
    topic: first.topic.name,
    partition: first.partition,
    fromOffset: first.offset,
    toOffset: (inputs.at(-1) as RawInput).offset,
    records: inputs.length,
    withOutputs,
    filteredRecords,
    deadRecords,
    filtered: Object.fromEntries(result.filtered),
    deadLetters: facts.deadLetters,
    outputs: facts.outputs,
    receivedTimes: inputs.filter((_, n) => n % step === 0).map(({ timestampMs }) => timestampMs * 1000),
    processedTime: facts.processedTime,
  };
}
