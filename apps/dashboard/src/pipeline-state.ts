import type { BatchAccount } from '@alphapulse/schemas';
import { BoundedMap } from './bounded-map.ts';
import { LatencyWindow } from './latency-window.ts';
import { Rate } from './rate.ts';
import type { Latency, Rates, StageStatus, Totals } from './snapshot.ts';

class Chain {
  readonly records = new Rate();
  readonly written = new Rate();
  readonly filtered = new Rate();
  readonly dead = new Rate();
  readonly inputs = new BoundedMap(() => new Rate());
  readonly outputs = new BoundedMap(() => new Rate());
  readonly latency = new LatencyWindow();
  lastBatchMs = 0;
}

/** Folds the accounts of committed batches: what went in, what came out, what was dropped and why. */
export class PipelineState {
  readonly #chains = new BoundedMap(() => new Chain(), 50);
  readonly #outputs = new BoundedMap(() => new Rate());
  readonly #filtered = new BoundedMap(() => new Rate());
  readonly #deadLetters = new BoundedMap(() => new Rate());
  readonly #raw = new Rate();
  readonly #processed = new Rate();
  readonly #latency = new LatencyWindow();
  #unaccounted = 0;

  /** `live` is false for accounts of the past, read to catch up: they say nothing about latency. */
  batch(account: BatchAccount, nowMs: number, live: boolean): void {
    const processedMs = account.processedTime / 1000;
    const atMs = live ? nowMs : processedMs;
    const chain = this.#chains.of(account.stages);
    chain.lastBatchMs = Math.max(chain.lastBatchMs, processedMs);
    chain.records.add(atMs, account.records);
    chain.inputs.of(account.topic).add(atMs, account.records);
    if (account.topic.startsWith('raw.')) this.#raw.add(atMs, account.records);
    if (!isDerived(account.topic))
      this.#unaccounted += account.records - account.withOutputs - account.filteredRecords - account.deadRecords;

    let endsProcessed = false;
    for (const [topic, count] of Object.entries(account.outputs)) {
      chain.written.add(atMs, count);
      chain.outputs.of(topic).add(atMs, count);
      this.#outputs.of(topic).add(atMs, count);
      if (!topic.startsWith('processed.')) continue;
      this.#processed.add(atMs, count);
      endsProcessed = true;
    }
    for (const [reason, count] of Object.entries(account.filtered)) {
      chain.filtered.add(atMs, count);
      this.#filtered.of(reason).add(atMs, count);
    }
    for (const [code, count] of Object.entries(account.deadLetters)) {
      chain.dead.add(atMs, count);
      this.#deadLetters.of(code).add(atMs, count);
    }
    if (!live) return;
    for (const receivedTime of account.receivedTimes) {
      const latencyMs = nowMs - receivedTime / 1000;
      chain.latency.add(nowMs, latencyMs);
      if (endsProcessed) this.#latency.add(nowMs, latencyMs);
    }
  }

  /** Input topics seen, by stages. */
  inputsByStages(): Map<string, string[]> {
    return new Map([...this.#chains].map(([stages, { inputs }]) => [stages, [...inputs].map(([topic]) => topic)]));
  }

  stages(nowMs: number): Record<string, StageStatus> {
    const perSecond = (rate: Rate) => rate.perSecond(nowMs);
    const statuses: Record<string, StageStatus> = Object.create(null);
    for (const [stages, chain] of this.#chains)
      statuses[stages] = {
        group: groupOf(stages),
        inputPerSecond: perSecond(chain.records),
        outputPerSecond: perSecond(chain.written),
        filteredPerSecond: perSecond(chain.filtered),
        deadPerSecond: perSecond(chain.dead),
        records: chain.records.total,
        filtered: chain.filtered.total,
        dead: chain.dead.total,
        inputs: chain.inputs.object(perSecond),
        outputs: chain.outputs.object(perSecond),
        latencyMs: chain.latency.quantiles(nowMs),
        lastBatchAgeMs: Math.max(0, nowMs - chain.lastBatchMs),
      };
    return statuses;
  }

  rates(nowMs: number): Rates {
    return {
      raw: this.#raw.perSecond(nowMs),
      processed: this.#processed.perSecond(nowMs),
      byTopic: this.#outputs.object((rate) => rate.perSecond(nowMs)),
      rawHistory: this.#raw.history(nowMs),
      processedHistory: this.#processed.history(nowMs),
    };
  }

  totals(): Totals {
    const written = this.#outputs.object(({ total }) => total);
    const sum = (map: BoundedMap<Rate>) => [...map].reduce((total, [, rate]) => total + rate.total, 0);
    return {
      raw: this.#raw.total,
      processed: {
        trades: written['processed.trades'] ?? 0,
        quotes: written['processed.quotes'] ?? 0,
        books: written['processed.books'] ?? 0,
        bars: written['processed.bars'] ?? 0,
      },
      filtered: sum(this.#filtered),
      deadLetters: sum(this.#deadLetters),
      accounted: this.#unaccounted === 0,
    };
  }

  /** Records written by topic. */
  written(): Record<string, number> {
    return this.#outputs.object(({ total }) => total);
  }

  filtered(): Record<string, number> {
    return this.#filtered.object(({ total }) => total);
  }

  deadLetters(): Record<string, number> {
    return this.#deadLetters.object(({ total }) => total);
  }

  latency(nowMs: number): Latency {
    return this.#latency.quantiles(nowMs);
  }
}

/** Consumer group of fused stages: see runStages. */
export function groupOf(stages: string): string {
  return stages.replaceAll('+', '-');
}

/** Detectors conflate by design, so only the way from raw to processed owes an account of each record. */
function isDerived(topic: string): boolean {
  return !topic.startsWith('raw.') && !topic.startsWith('internal.');
}
