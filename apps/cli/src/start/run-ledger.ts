import type { BatchAccount } from '@alphapulse/schemas';

/** What the accounts of a run's batches add up to. */
export interface RunTotals {
  filtered: Record<string, number>;
  deadLetters: Record<string, number>;
  outputs: Record<string, number>;
  /** True when the accounts cover every raw offset of the run once, and each record became something. */
  covered: boolean;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Adds up `ops.batches` over raw topics. Accounts are written in their batches' transactions, so each input record is in
 * exactly one of them however often a process died.
 */
export class RunLedger {
  readonly #accounts: BatchAccount[] = [];

  add(account: BatchAccount): void {
    this.#accounts.push(account);
  }

  /** `raw` gives the run's offsets [from, to) of each raw partition, as `topic/partition`. */
  totals(raw: ReadonlyMap<string, Range>): RunTotals {
    const totals: RunTotals = { filtered: {}, deadLetters: {}, outputs: {}, covered: true };
    const ranges = new Map<string, Range[]>();
    for (const account of this.#accounts) {
      const run = raw.get(`${account.topic}/${account.partition}`);
      if (run && account.fromOffset < run.from) continue;
      add(totals.filtered, account.filtered);
      add(totals.deadLetters, account.deadLetters);
      add(totals.outputs, account.outputs);
      if (!run) continue;
      const id = `${account.topic}/${account.partition}`;
      ranges.set(id, [...(ranges.get(id) ?? []), { from: account.fromOffset, to: account.toOffset + 1 }]);
      const length = account.toOffset + 1 - account.fromOffset;
      if (
        account.records !== length ||
        account.withOutputs + account.filteredRecords + account.deadRecords !== account.records
      )
        totals.covered = false;
    }
    for (const [id, { from, to }] of raw) {
      let at = from;
      for (const range of (ranges.get(id) ?? []).sort((a, b) => a.from - b.from)) {
        if (range.from !== at) totals.covered = false;
        at = range.to;
      }
      if (at !== to) totals.covered = false;
    }
    return totals;
  }
}

function add(into: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count;
}
