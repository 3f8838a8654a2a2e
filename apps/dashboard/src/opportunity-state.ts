import type { ArbitrageOpportunity, OpportunityLeg } from '@alphapulse/schemas';
import { Recent } from './recent.ts';
import type { Gain, LegRow, OpportunityCounts, OpportunityRow } from './snapshot.ts';

/** Folds the steps of arbitrage opportunities: one row each, kept at its newest step. */
export class OpportunityState {
  readonly #open = new Recent<OpportunityRow>(1_000);
  readonly #recent = new Recent<OpportunityRow>(200);
  #opened = 0;
  #updated = 0;
  #closed = 0;
  #suspect = 0;

  step(opportunity: ArbitrageOpportunity): void {
    const before = this.#recent.get(opportunity.opportunityId) ?? this.#open.get(opportunity.opportunityId);
    const row = rowOf(opportunity, before?.best);
    this.#recent.set(row.id, row);
    if (row.state === 'closed') {
      this.#closed++;
      if (row.closeReason === 'suspect_mapping') this.#suspect++;
      this.#open.delete(row.id);
      return;
    }
    if (row.state === 'opened') this.#opened++;
    else this.#updated++;
    this.#open.set(row.id, row);
  }

  counts(): OpportunityCounts {
    return { opened: this.#opened, updated: this.#updated, closed: this.#closed, open: this.#open.size };
  }

  /** Closed because prices spoke against the mapping. */
  get closedAsSuspect(): number {
    return this.#suspect;
  }

  /** Open ones first, then the closed ones; each newest step first. */
  newest(count: number): OpportunityRow[] {
    const open = this.#open.newest(count);
    const shown = new Set(open.map(({ id }) => id));
    return [...open, ...this.#recent.newest().filter(({ id }) => !shown.has(id))].slice(0, count);
  }
}

function rowOf(opportunity: ArbitrageOpportunity, bestBefore: Gain | undefined): OpportunityRow {
  const now: Gain = {
    netBps: opportunity.netBps,
    size: opportunity.executableSize,
    profitQuote: opportunity.profitQuote,
    profitUsd: opportunity.profitUsd,
  };
  return {
    id: opportunity.opportunityId,
    instrumentId: opportunity.instrumentId,
    instrument: opportunity.instrument,
    state: opportunity.state,
    closeReason: opportunity.closeReason,
    grossBps: opportunity.grossBps,
    netBps: opportunity.netBps,
    maxNetBps: opportunity.maxNetBps,
    best: bestBefore && bestBefore.netBps >= now.netBps ? bestBefore : now,
    size: opportunity.executableSize,
    profitQuote: opportunity.profitQuote,
    profitUsd: opportunity.profitUsd,
    openedAtMs: opportunity.openedTime / 1000,
    atMs: opportunity.receivedTime / 1000,
    durationMs: opportunity.durationMs,
    buy: legOf(opportunity.buy),
    sell: legOf(opportunity.sell),
  };
}

function legOf({ venue, symbol, price, size, takerFeeBps, ageMs, origin }: OpportunityLeg): LegRow {
  return {
    venue,
    symbol,
    price,
    size,
    takerFeeBps,
    ageMs,
    origin: `${origin.topic}-${origin.partition}@${origin.offset}`,
  };
}
