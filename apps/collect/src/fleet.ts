import { type Clock, codeOf, type Log, type Source } from '@alphapulse/core';
import type { LogRecord, SchemaIds } from '@alphapulse/kafka';
import type { ParsedEvent, Task } from '@alphapulse/schemas';
import { collectionTasks } from '@alphapulse/topics';
import { type TaskDeps, TaskRunner } from './task-runner.ts';

/**
 * The tasks that this collector runs: those in the partitions of `collection.tasks` that its group gives it.
 * Wishes and assignment change at any time; `settle` makes what runs equal to what is wished here, one change at a time.
 */
export class Fleet {
  readonly #sources: ReadonlyMap<string, Source<unknown, ParsedEvent>>;
  readonly #schemas: SchemaIds;
  readonly #deps: TaskDeps;
  readonly #wished = new Map<string, { task: Task; partition: number }>();
  readonly #running = new Map<string, TaskRunner>();
  #partitions: ReadonlySet<number> = new Set();
  #settling: Promise<void> = Promise.resolve();

  constructor(sources: readonly Source<unknown, ParsedEvent>[], deps: TaskDeps & { clock: Clock; log: Log }) {
    this.#sources = new Map(sources.map((source) => [source.id, source]));
    this.#schemas = deps.schemas;
    this.#deps = deps;
  }

  /** Tasks running here. */
  get size(): number {
    return this.#running.size;
  }

  assign(partitions: readonly number[]): void {
    this.#partitions = new Set(partitions);
    this.#settle();
  }

  /** Takes in records of `collection.tasks`; a tombstone removes the task. */
  wish(records: readonly LogRecord[]): void {
    for (const { key, value, partition } of records) {
      const id = key?.toString() ?? '';
      if (value === null) {
        this.#wished.delete(id);
        continue;
      }
      try {
        const task = this.#schemas.decode(collectionTasks, value);
        if (task) this.#wished.set(id, { task, partition });
        else this.#deps.log.warn({ task: id }, 'task was written with another schema; passed over');
      } catch (error) {
        this.#deps.log.warn(
          { task: id, code: codeOf(error), error: (error as Error).message },
          'not a task; passed over',
        );
      }
    }
    this.#settle();
  }

  async stop(): Promise<void> {
    this.#partitions = new Set();
    this.#settle();
    await this.#settling;
  }

  #settle(): void {
    this.#settling = this.#settling.then(async () => {
      const mine = new Map([...this.#wished].filter(([, { partition }]) => this.#partitions.has(partition)));
      const leaving = [...this.#running].filter(([id, runner]) => {
        const wished = mine.get(id)?.task;
        return wished === undefined || wished.config !== runner.task.config || wished.source !== runner.task.source;
      });
      await Promise.all(
        leaving.map(async ([id, runner]) => {
          this.#running.delete(id);
          await runner.stop();
        }),
      );
      for (const [id, { task }] of mine) {
        if (this.#running.has(id)) continue;
        const source = this.#sources.get(task.source);
        if (!source) {
          this.#deps.log.warn(
            { task: id, source: task.source, code: 'source_unknown' },
            'task names a source that this build does not have',
          );
          continue;
        }
        const runner = new TaskRunner(task, source, this.#deps);
        this.#running.set(id, runner);
        runner.start();
        this.#deps.log.info({ task: id, source: task.source }, 'collecting');
      }
    });
  }
}
