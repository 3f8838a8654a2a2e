import { systemClock } from '@alphapulse/core';

/** What the status table reads of the dashboard's snapshot. */
interface Snapshot {
  sources: Record<
    string,
    {
      state: string;
      messagesPerSecond: number;
      messages: number;
      lastMessageAgeMs: number | null;
      reconnects: number;
      gapsOpen: number;
      gapsHealed: number;
    }
  >;
  totals: { raw: number; processed: Record<string, number>; filtered: number; deadLetters: number };
  lag: { group: string; records: number; seconds: number | null }[];
  latencyMs: { p50: number | null; p99: number | null };
  opportunities: { opened: number; updated: number; closed: number; open: number };
}

const everyTtyMs = 1_000;
const everyPlainMs = 5_000;

/** The live status in the terminal: redrawn in place on a terminal, one line each five seconds elsewhere. */
export class StatusTable {
  readonly #address: string;
  readonly #mode: string;
  #drawn = 0;

  constructor(address: string, mode: string) {
    this.#address = address;
    this.#mode = mode;
  }

  async show(signal: AbortSignal): Promise<void> {
    const tty = process.stderr.isTTY === true;
    while (!signal.aborted) {
      const snapshot = await this.#fetch();
      if (snapshot && !signal.aborted) {
        if (tty) this.#redraw(rows(snapshot, this.#mode));
        else process.stderr.write(`${oneLine(snapshot)}\n`);
      }
      await systemClock.sleep(tty ? everyTtyMs : everyPlainMs, signal);
    }
  }

  /** A passing progress line below the table. */
  line(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
    else process.stderr.write(`${text}\n`);
  }

  async #fetch(): Promise<Snapshot | undefined> {
    try {
      const response = await fetch(`${this.#address}/api/state`, { signal: AbortSignal.timeout(2_000) });
      return response.ok ? ((await response.json()) as Snapshot) : undefined;
    } catch {
      // The dashboard is starting or being restarted; the next look tells.
      return undefined;
    }
  }

  #redraw(lines: readonly string[]): void {
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : '';
    process.stderr.write(`${up}${lines.map((line) => `\x1b[2K${line}\n`).join('')}`);
    this.#drawn = lines.length;
  }
}

function rows(snapshot: Snapshot, mode: string): string[] {
  const { totals, latencyMs, opportunities } = snapshot;
  const head = [
    `source (${mode})`.padEnd(20),
    'state'.padEnd(11),
    'msg/s'.padStart(9),
    'messages'.padStart(12),
    'age'.padStart(8),
    'reconn'.padStart(7),
    'gaps'.padStart(9),
  ].join(' ');
  const lines = Object.entries(snapshot.sources).map(([id, source]) =>
    [
      id.padEnd(20),
      source.state.padEnd(11),
      number(source.messagesPerSecond).padStart(9),
      number(source.messages).padStart(12),
      (source.lastMessageAgeMs === null ? '–' : `${(source.lastMessageAgeMs / 1000).toFixed(1)}s`).padStart(8),
      String(source.reconnects).padStart(7),
      `${source.gapsOpen}/${source.gapsHealed}`.padStart(9),
    ].join(' '),
  );
  const lag = snapshot.lag.reduce((sum, { records }) => sum + records, 0);
  return [
    head,
    ...lines,
    `raw ${number(totals.raw)} → ${processed(totals.processed)} · filtered ${number(totals.filtered)} · dead letters ${number(totals.deadLetters)}`,
    `lag ${number(lag)} records · latency p50 ${ms(latencyMs.p50)} p99 ${ms(latencyMs.p99)} · opportunities ${opportunities.opened} opened, ${opportunities.closed} closed, ${opportunities.open} open`,
  ];
}

function oneLine(snapshot: Snapshot): string {
  const rate = Object.values(snapshot.sources).reduce((sum, { messagesPerSecond }) => sum + messagesPerSecond, 0);
  const lag = snapshot.lag.reduce((sum, { records }) => sum + records, 0);
  return `${number(rate)} msg/s · raw ${number(snapshot.totals.raw)} · ${processed(snapshot.totals.processed)} · dead letters ${number(snapshot.totals.deadLetters)} · lag ${number(lag)} · p99 ${ms(snapshot.latencyMs.p99)} · opportunities ${snapshot.opportunities.opened}`;
}

function processed(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${kind} ${number(count)}`)
    .join(', ');
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function ms(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(0)} ms`;
}
