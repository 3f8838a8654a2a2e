/**
 * What the dashboard knows at one moment: the JSON of `GET /api/state`, pushed each second by `GET /api/stream`.
 * Counts cover the time since `historyFrom`. Times ending in `Ms` are milliseconds since the Unix epoch or durations.
 */
export interface Snapshot {
  readonly nowMs: number;
  /** When this dashboard started to follow the log. */
  readonly startedAtMs: number;
  /** Event topics are read from this record time on. */
  readonly historyFromMs: number;
  /** False until the broker answered and every followed topic was read to its end once. */
  readonly ready: boolean;
  readonly mode: Mode;
  /** True when all tasks collect from local venue servers. */
  readonly simulated: boolean;
  readonly sources: Readonly<Record<string, SourceStatus>>;
  readonly tasks: readonly TaskStatus[];
  /** By stages fused in one process, joined by `+`, for example `parse+validate+enrich`. */
  readonly stages: Readonly<Record<string, StageStatus>>;
  /** Records a second: read from `raw.*`, written to each topic. */
  readonly rates: Rates;
  readonly totals: Totals;
  /** Drops by `<stage>.<reason>`. */
  readonly filtered: Readonly<Record<string, number>>;
  /** Dead letters by error code. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** Newest first. */
  readonly recentDeadLetters: readonly DeadLetterRow[];
  readonly opportunities: OpportunityCounts & { /** Newest step first. */ readonly recent: readonly OpportunityRow[] };
  readonly mappings: MappingCounts & {
    /** Suspect ones, newest change first. */ readonly recent: readonly MappingRow[];
  };
  readonly gaps: { readonly open: number; readonly healed: number; readonly recent: readonly GapRow[] };
  readonly lag: readonly LagRow[];
  /** From the receive time of raw records to when their outputs are visible to a reader; null until measured. */
  readonly latencyMs: Latency;
  /** Registered instruments and venues. */
  readonly instruments: number;
  readonly venues: number;
  readonly topInstruments: readonly InstrumentRow[];
  /** Records that this dashboard could not read, by topic. */
  readonly undecodable: Readonly<Record<string, number>>;
}

/** `recorded` is `simulated` from recordings; `mixed` has both kinds of tasks; `waiting` none yet. */
export type Mode = 'simulated' | 'recorded' | 'live' | 'mixed' | 'waiting';

/** `silent`: its reports have ceased. */
export type Health = 'live' | 'connecting' | 'degraded' | 'stopped' | 'silent';

interface Feed {
  readonly state: Health;
  readonly simulated: boolean;
  readonly messages: number;
  readonly bytes: number;
  readonly messagesPerSecond: number;
  readonly reconnects: number;
  readonly gapsOpen: number;
  readonly gapsHealed: number;
  /** Age of the newest message; null before the first. */
  readonly lastMessageAgeMs: number | null;
  readonly lastError: string | null;
}

/** All tasks of a source together: sums, the newest message, the worst state. */
export interface SourceStatus extends Feed {
  readonly tasks: number;
  readonly endpoints: readonly string[];
}

export interface TaskStatus extends Feed {
  readonly id: string;
  readonly source: string;
  readonly collector: string;
  readonly endpoint: string;
  readonly startedAtMs: number;
}

export interface StageStatus {
  readonly group: string;
  readonly inputPerSecond: number;
  readonly outputPerSecond: number;
  readonly filteredPerSecond: number;
  readonly deadPerSecond: number;
  readonly records: number;
  readonly filtered: number;
  readonly dead: number;
  /** Input and output records a second by topic. */
  readonly inputs: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, number>>;
  readonly latencyMs: Latency;
  /** Age of the newest committed batch. */
  readonly lastBatchAgeMs: number;
}

export interface Rates {
  readonly raw: number;
  readonly processed: number;
  readonly byTopic: Readonly<Record<string, number>>;
  /** The last 60 full seconds, oldest first. */
  readonly rawHistory: readonly number[];
  readonly processedHistory: readonly number[];
}

export interface Totals {
  /** Raw records processed. */
  readonly raw: number;
  readonly processed: {
    readonly trades: number;
    readonly quotes: number;
    readonly books: number;
    readonly bars: number;
  };
  readonly filtered: number;
  readonly deadLetters: number;
  /** True when every record read ended as outputs, filtered or dead letter. */
  readonly accounted: boolean;
}

export interface Latency {
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface OpportunityCounts {
  readonly opened: number;
  readonly updated: number;
  readonly closed: number;
  readonly open: number;
}

export interface OpportunityRow {
  readonly id: string;
  readonly instrumentId: string;
  readonly instrument: string;
  readonly state: 'opened' | 'updated' | 'closed';
  readonly closeReason: string | null;
  readonly grossBps: number;
  readonly netBps: number;
  readonly maxNetBps: number;
  /** The step of the highest net seen here. */
  readonly best: Gain;
  readonly size: number;
  readonly profitQuote: number | null;
  readonly profitUsd: number | null;
  readonly openedAtMs: number;
  /** Receive time of the quote that made the newest step. */
  readonly atMs: number;
  /** Of an open one up to its newest step. */
  readonly durationMs: number;
  readonly buy: LegRow;
  readonly sell: LegRow;
}

export interface Gain {
  readonly netBps: number;
  readonly size: number;
  readonly profitQuote: number | null;
  readonly profitUsd: number | null;
}

export interface LegRow {
  readonly venue: string;
  readonly symbol: string;
  readonly price: number;
  readonly size: number;
  readonly takerFeeBps: number;
  readonly ageMs: number;
  /** `topic-partition@offset` of the quote. */
  readonly origin: string;
}

export interface MappingCounts {
  /** Instruments whose listings disagree in price for so long that their mapping is not believed. */
  readonly suspect: number;
  /** Quotes that would have opened an opportunity, had prices not spoken against it. */
  readonly suppressed: number;
  /** Opportunities that were closed for it. */
  readonly ended: number;
}

export interface MappingRow {
  readonly instrumentId: string;
  readonly instrument: string;
  readonly limitBps: number;
  /** What was seen, as sentences. Names in it come from venues: show it as text only. */
  readonly reason: string;
  /** When the disagreement began. */
  readonly sinceMs: number;
  /** When the newest change was written. */
  readonly atMs: number;
  /** Prices at that change, those that disagree first. */
  readonly venues: readonly MappingVenueRow[];
  /** Further venues, left out. */
  readonly moreVenues: number;
}

export interface MappingVenueRow {
  readonly venue: string;
  readonly symbol: string;
  readonly midPrice: number;
  readonly deviationBps: number;
  readonly suspect: boolean;
}

export interface GapRow {
  readonly id: string;
  readonly source: string;
  readonly channel: string;
  readonly symbol: string;
  readonly cause: string;
  readonly how: string | null;
  readonly detectedAtMs: number;
  readonly resyncMs: number | null;
}

export interface LagRow {
  readonly group: string;
  readonly topic: string;
  readonly records: number;
  /** Age of the oldest record not yet processed; 0 when there is none, null when it could not be read. */
  readonly seconds: number | null;
}

export interface InstrumentRow {
  readonly id: string;
  readonly instrument: string;
  readonly bestBid: number | null;
  readonly bestBidVenue: string | null;
  readonly bestAsk: number | null;
  readonly bestAskVenue: string | null;
  /** (best ask − best bid) / mid over all venues; negative while venues cross. */
  readonly spreadBps: number | null;
  readonly lastTradePrice: number | null;
  readonly lastTradeSize: number | null;
  readonly lastTradeVenue: string | null;
  readonly updatesPerSecond: number;
  readonly ageMs: number;
  /** True while its mapping is suspect. */
  readonly suspect: boolean;
  readonly venues: readonly VenueTop[];
}

export interface VenueTop {
  readonly venue: string;
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
  readonly ageMs: number;
}

/** `GET /api/instruments/:id/history`: mid prices by second and venue; null where a venue was silent. */
export interface MidHistory {
  readonly id: string;
  readonly instrument: string;
  /** Seconds since the Unix epoch, ascending. */
  readonly times: readonly number[];
  readonly venues: Readonly<Record<string, readonly (number | null)[]>>;
  /** When opportunities in it were open; null is still. */
  readonly opportunities: readonly { readonly openedAtMs: number; readonly closedAtMs: number | null }[];
}

export interface DeadLetterRow {
  /** `topic-partition@offset` of the dead letter itself. */
  readonly id: string;
  readonly atMs: number;
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
  /** `topic-partition@offset` of the input. */
  readonly origin: string;
  readonly key: string;
  /** The beginning of the value as printable text. Hostile input: show it as text only. */
  readonly excerpt: string;
  readonly bytes: number;
}
