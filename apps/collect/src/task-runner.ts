import {
  type Clock,
  type ConnectionStatus,
  codeOf,
  type Log,
  type Net,
  RetriableError,
  type Source,
} from '@alphapulse/core';
import type { IdempotentProducer, SchemaIds } from '@alphapulse/kafka';
import type { CollectorHealth, ParsedEvent, Task } from '@alphapulse/schemas';
import { opsCollectors, raw, type SourceId } from '@alphapulse/topics';
import { KafkaSink } from './kafka-sink.ts';

export interface TaskDeps {
  readonly collector: string;
  readonly producer: IdempotentProducer;
  readonly schemas: SchemaIds;
  readonly clock: Clock;
  readonly net: Net;
  readonly log: Log;
  /** Makes listings known; resolves when every processor can see them. */
  register(listings: Awaited<ReturnType<Source['discover']>>, source: string): Promise<unknown>;
  readonly discoverEveryMs: number;
}

/** How long collection waits for the venue's listings before it starts without: raw comes first. */
const discoverPatienceMs = 10_000;

/** Runs one collection task and reports its health each second. */
export class TaskRunner {
  readonly task: Task;
  readonly #source: Source<unknown, ParsedEvent>;
  readonly #deps: TaskDeps;
  readonly #sink: KafkaSink;
  readonly #stop = new AbortController();
  readonly #startedTime: number;
  #status: ConnectionStatus = { state: 'connecting', endpoint: '', reconnects: 0 };
  #lastError: string | null = null;
  #reported = { messages: 0, timeUs: 0 };
  #done: Promise<void> = Promise.resolve();

  constructor(task: Task, source: Source<unknown, ParsedEvent>, deps: TaskDeps) {
    this.task = task;
    this.#source = source;
    this.#deps = deps;
    this.#startedTime = deps.clock.nowUs();
    const { producer, schemas, clock, collector } = deps;
    this.#sink = new KafkaSink({
      producer,
      schemas,
      clock,
      topic: raw[source.id as SourceId],
      source: source.id,
      collector,
    });
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Stops collecting and says so in `ops.collectors`. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#stop;
    const reporting = setInterval(() => this.#report(), 1_000);
    try {
      const config = this.#source.configure(JSON.parse(this.task.config));
      const net: Net = {
        webSocket: (options, abort) =>
          this.#deps.net.webSocket(
            { ...options, onStatus: (status) => this.#onStatus(status, options.onStatus) },
            abort,
          ),
        http: (request, abort) => this.#deps.net.http(request, abort),
      };
      const deps = { clock, net, sink: this.#sink, signal, log };
      const discovering = this.#discover(config, deps);
      await Promise.race([discovering.first, clock.sleep(discoverPatienceMs, signal)]);
      if (!signal.aborted) await this.#source.collect(config, deps);
      await discovering.done;
    } catch (error) {
      this.#lastError = (error as Error).message;
      log.error({ task: this.task.id, code: codeOf(error), error: (error as Error).message }, 'task stopped');
    } finally {
      clearInterval(reporting);
      this.#status = { ...this.#status, state: 'closed' };
      this.#report();
    }
  }

  /** Reads the listings now and each `discoverEveryMs`; `first` resolves when they are known for the first time. */
  #discover(config: unknown, deps: Parameters<Source['discover']>[1]): { first: Promise<void>; done: Promise<void> } {
    const { clock, log, register, discoverEveryMs } = this.#deps;
    let known: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      known = resolve;
    });
    const done = (async () => {
      for (let failures = 0; !deps.signal.aborted; ) {
        try {
          await register(await this.#source.discover(config, deps), this.#source.id);
          failures = 0;
          known();
          await clock.sleep(discoverEveryMs, deps.signal);
        } catch (error) {
          if (deps.signal.aborted) return;
          failures++;
          this.#lastError = `listings: ${(error as Error).message}`;
          if (failures === 1)
            log.warn(
              { task: this.task.id, code: codeOf(error), error: (error as Error).message },
              'listings not read, trying again',
            );
          const retryAfterMs = error instanceof RetriableError ? error.retryAfterMs : undefined;
          await clock.sleep(retryAfterMs ?? Math.min(60_000, 1_000 * 2 ** Math.min(failures, 6)), deps.signal);
        }
      }
    })();
    return { first, done };
  }

  #onStatus(status: ConnectionStatus, chained?: (status: ConnectionStatus) => void): void {
    this.#status = status;
    if (status.error) this.#lastError = status.error;
    chained?.(status);
  }

  #report(): void {
    const { clock, schemas, producer, collector } = this.#deps;
    const { counts } = this.#sink;
    const nowUs = clock.nowUs();
    const seconds = (nowUs - (this.#reported.timeUs || this.#startedTime)) / 1_000_000;
    const states = { connecting: 'connecting', live: 'live', waiting: 'degraded', closed: 'stopped' } as const;
    const health: CollectorHealth = {
      id: this.task.id,
      collector,
      source: this.#source.id,
      state: counts.gapsOpen > 0 && this.#status.state === 'live' ? 'degraded' : states[this.#status.state],
      simulated: this.task.simulated,
      endpoint: this.#status.endpoint,
      messages: counts.messages,
      bytes: counts.bytes,
      messagesPerSecond: seconds > 0 ? (counts.messages - this.#reported.messages) / seconds : 0,
      reconnects: this.#status.reconnects,
      gapsOpen: counts.gapsOpen,
      gapsHealed: counts.gapsHealed,
      lastMessageTime: counts.lastMessageTime ?? null,
      clockSkewMs: null,
      lastError: this.#lastError,
      startedTime: this.#startedTime,
      reportedTime: nowUs,
    };
    this.#reported = { messages: counts.messages, timeUs: nowUs };
    producer.send(
      opsCollectors.name,
      health.id,
      schemas.prefix(opsCollectors),
      opsCollectors.value.encode(health),
      Math.floor(nowUs / 1000),
    );
  }
}
