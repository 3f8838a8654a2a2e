import { type Clock, FatalError } from '@alphapulse/core';
import { type IdempotentProducer, type KafkaConfig, LogReader, type SchemaIds } from '@alphapulse/kafka';
import type { Task } from '@alphapulse/schemas';
import { sources } from '@alphapulse/sources';
import { collectionTasks } from '@alphapulse/topics';

/** A wish before it is written: the source's configuration, split into one connection's worth. */
export interface PlannedTask {
  readonly id: string;
  readonly source: string;
  readonly config: unknown;
}

/** Tasks for the real venues: each source's defaults, changed by what the user configured. */
export function liveTasks(sourceConfig: Readonly<Record<string, Record<string, unknown>>>): PlannedTask[] {
  for (const id of Object.keys(sourceConfig)) {
    if (!sources.some((source) => source.id === id))
      throw new FatalError(
        'config_invalid',
        `no source is named ${id}; there are ${sources.map((source) => source.id).join(', ')}`,
      );
  }
  const chosen = Object.keys(sourceConfig).length > 0 ? sources.filter(({ id }) => id in sourceConfig) : sources;
  return chosen.flatMap((source) =>
    source
      .plan(source.configure(sourceConfig[source.id] ?? source.defaults))
      .map((config, at) => ({ id: `${source.id}/${at}`, source: source.id, config })),
  );
}

/** Makes `collection.tasks` hold exactly these tasks: others get tombstones. */
export async function writeTasks(
  tasks: readonly PlannedTask[],
  simulated: boolean,
  deps: { producer: IdempotentProducer; schemas: SchemaIds; kafka: KafkaConfig; clock: Clock },
): Promise<void> {
  const { producer, schemas, kafka, clock } = deps;
  const wished = new Set(tasks.map(({ id }) => id));
  for (const id of await existingTasks(kafka, clock)) {
    if (!wished.has(id)) producer.send(collectionTasks.name, id, null, null, clock.nowMs());
  }
  for (const { id, source, config } of tasks) {
    const task: Task = { id, source, config: JSON.stringify(config), simulated, updatedTime: clock.nowUs() };
    producer.send(
      collectionTasks.name,
      id,
      schemas.prefix(collectionTasks),
      collectionTasks.value.encode(task),
      clock.nowMs(),
    );
  }
  await producer.flush();
}

async function existingTasks(kafka: KafkaConfig, clock: Clock): Promise<Set<string>> {
  const ids = new Set<string>();
  const reader = new LogReader({ config: kafka, clock });
  try {
    const partitions = await reader.partitions(collectionTasks.name);
    await reader.readToEnd(
      partitions.map((partition) => ({ topic: collectionTasks.name, partition, at: 'beginning' })),
      (records) => {
        for (const { key, value } of records) {
          if (value === null) ids.delete(key?.toString() ?? '');
          else ids.add(key?.toString() ?? '');
        }
      },
    );
  } finally {
    await reader.close();
  }
  return ids;
}
