import type { Clock } from '@alphapulse/core';
import type { Terminal } from './terminal.ts';

const drawEveryMs = 200;
const plainEveryMs = 5_000;
const barWidth = 24;

/** How far a long command is: a bar that is drawn over on a terminal, a line every five seconds elsewhere. */
export class Progress {
  readonly #total: number;
  readonly #unit: string;
  readonly #clock: Clock;
  readonly #terminal: Terminal;
  readonly #startedMs: number;
  #saidMs: number;
  #drawn = false;

  constructor(total: number, unit: string, { clock, terminal }: { clock: Clock; terminal: Terminal }) {
    this.#total = total;
    this.#unit = unit;
    this.#clock = clock;
    this.#terminal = terminal;
    this.#startedMs = clock.nowMs();
    this.#saidMs = this.#startedMs;
  }

  update(done: number): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#saidMs < (this.#terminal.interactive ? drawEveryMs : plainEveryMs)) return;
    this.#saidMs = nowMs;
    const text = progressText(done, this.#total, this.#unit, nowMs - this.#startedMs);
    this.#drawn = this.#terminal.interactive;
    this.#terminal.err(this.#drawn ? `\r\x1b[2K${bar(done, this.#total)} ${text}` : `${text}\n`);
  }

  /** Takes the bar away, so that a line can be written; the next update draws it again. */
  clear(): void {
    if (this.#drawn) this.#terminal.err('\r\x1b[2K');
    this.#drawn = false;
  }
}

/** `12,000 of 48,000 lines (25 %), 3,000/s, 12 s left` */
export function progressText(done: number, total: number, unit: string, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (done * 1_000) / elapsedMs : 0;
  const left = perSecond > 0 ? `, ${span((total - done) / perSecond)} left` : '';
  return `${grouped(done)} of ${grouped(total)} ${unit} (${percent(done, total)} %), ${grouped(perSecond)}/s${left}`;
}

function bar(done: number, total: number): string {
  const filled = Math.round((barWidth * Math.min(done, total)) / Math.max(total, 1));
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
}

function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((100 * done) / total);
}

function span(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3_600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
