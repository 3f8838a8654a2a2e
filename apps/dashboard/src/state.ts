import type {
  ArbitrageOpportunity,
  BatchAccount,
  CollectorHealth,
  Gap,
  Mapping,
  MarketUpdate,
} from '@alphapulse/schemas';
import { BoundedMap } from './bounded-map.ts';
import { CollectorState } from './collector-state.ts';
import { MappingState } from './mapping-state.ts';
import { MarketState } from './market-state.ts';
import { OpportunityState } from './opportunity-state.ts';
import { PipelineState } from './pipeline-state.ts';
import { Recent } from './recent.ts';
import type { DeadLetterRow, LagRow, MidHistory, OpportunityRow, Snapshot } from './snapshot.ts';

/** Registered things counted; beyond it the count stands still. */
const registryLimit = 1_000_000;

/** How the arbitrage stage accounts for quotes whose opportunity it did not believe. */
const suppressedAs = 'arbitrage.suspect-mapping';

export interface DashboardStateOptions {
  readonly startedAtMs: number;
  readonly historyFromMs: number;
  /** The local venue servers play recordings. */
  readonly recorded?: boolean;
}

/**
 * Folds what the system writes about itself into what the page shows. Pure: it is told the time and does no I/O.
 * Invariant: its memory is bounded, whatever it is fed.
 */
export class DashboardState {
  readonly #options: DashboardStateOptions;
  readonly #pipeline = new PipelineState();
  readonly #collectors = new CollectorState();
  readonly #markets = new MarketState();
  readonly #opportunities = new OpportunityState();
  readonly #mappings = new MappingState();
  readonly #deadLetters = new Recent<DeadLetterRow>(100);
  readonly #undecodable = new BoundedMap(() => ({ count: 0 }));
  readonly #registry = { instruments: new Set<string>(), venues: new Set<string>() };
  #lag: readonly LagRow[] = [];
  #ready = false;

  constructor(options: DashboardStateOptions) {
    this.#options = options;
  }

  /** `live` is false while the past is read to catch up. */
  batch(account: BatchAccount, nowMs: number, live: boolean): void {
    this.#pipeline.batch(account, nowMs, live);
  }

  collector(health: CollectorHealth): void {
    this.#collectors.collector(health);
  }

  collectorGone(id: string): void {
    this.#collectors.collectorGone(id);
  }

  gap(gap: Gap): void {
    this.#collectors.gap(gap);
  }

  market(update: MarketUpdate, nowMs: number): void {
    this.#markets.update(update, nowMs);
  }

  opportunity(step: ArbitrageOpportunity): void {
    this.#opportunities.step(step);
  }

  /** A record of `registry.mappings`; null for a tombstone. */
  mapping(instrumentId: string, mapping: Mapping | null): void {
    this.#mappings.mapping(instrumentId, mapping);
  }

  deadLetter(row: DeadLetterRow): void {
    this.#deadLetters.set(row.id, row);
  }

  /** A record of `registry.instruments` or `registry.venues`; `present` is false for a tombstone. */
  registered(kind: 'instruments' | 'venues', id: string, present: boolean): void {
    const ids = this.#registry[kind];
    if (!present) ids.delete(id);
    else if (ids.size < registryLimit) ids.add(id);
  }

  undecodable(topic: string): void {
    this.#undecodable.of(topic).count++;
  }

  lag(rows: readonly LagRow[]): void {
    this.#lag = rows;
  }

  ready(ready: boolean): void {
    this.#ready = ready;
  }

  /** Input topics seen, by stages joined by `+`. */
  inputsByStages(): Map<string, string[]> {
    return this.#pipeline.inputsByStages();
  }

  /** Sources whose tasks report. */
  sourceIds(nowMs: number): string[] {
    return Object.keys(this.#collectors.sources(nowMs));
  }

  /** Records written by topic since `historyFromMs`. */
  written(): Record<string, number> {
    return this.#pipeline.written();
  }

  midHistory(instrumentId: string): MidHistory | undefined {
    const history = this.#markets.history(instrumentId);
    if (!history) return undefined;
    const opportunities = this.#opportunities
      .newest(200)
      .filter((row) => row.instrumentId === instrumentId)
      .map(({ openedAtMs, durationMs, state }) => ({
        openedAtMs,
        closedAtMs: state === 'closed' ? openedAtMs + durationMs : null,
      }));
    return { ...history, opportunities };
  }

  /** Up to 200 opportunities. */
  opportunities(): OpportunityRow[] {
    return this.#opportunities.newest(200);
  }

  /** Up to 100 dead letters, newest first. */
  deadLetters(): DeadLetterRow[] {
    return this.#deadLetters.newest();
  }

  snapshot(nowMs: number): Snapshot {
    const filtered = this.#pipeline.filtered();
    const mode = this.#collectors.mode(nowMs, this.#options.recorded ?? false);
    return {
      nowMs,
      startedAtMs: this.#options.startedAtMs,
      historyFromMs: this.#options.historyFromMs,
      ready: this.#ready,
      mode,
      simulated: mode === 'simulated' || mode === 'recorded',
      sources: this.#collectors.sources(nowMs),
      tasks: this.#collectors.tasks(nowMs),
      stages: this.#pipeline.stages(nowMs),
      rates: this.#pipeline.rates(nowMs),
      totals: this.#pipeline.totals(),
      filtered,
      deadLetters: this.#pipeline.deadLetters(),
      recentDeadLetters: this.#deadLetters.newest(25),
      opportunities: { ...this.#opportunities.counts(), recent: this.#opportunities.newest(40) },
      mappings: {
        suspect: this.#mappings.suspect,
        suppressed: filtered[suppressedAs] ?? 0,
        ended: this.#opportunities.closedAsSuspect,
        recent: this.#mappings.newest(40),
      },
      gaps: this.#collectors.gaps(),
      lag: this.#lag,
      latencyMs: this.#pipeline.latency(nowMs),
      instruments: this.#registry.instruments.size,
      venues: this.#registry.venues.size,
      topInstruments: this.#markets.top(20, nowMs, (id) => this.#mappings.isSuspect(id)),
      undecodable: this.#undecodable.object(({ count }) => count),
    };
  }
}
