import { assign, byId, element, svg, text } from './dom.mjs';
import { count, duration, rate } from './format.mjs';

const names = ['Raw in', 'Processed out', 'Latency', 'Lag', 'Opportunities', 'Accounted for'];

/** The six figures on top. */
export class Tiles {
  #tiles = names.map((name) => {
    const value = element('p', { className: 'value' });
    const sub = element('p', { className: 'sub' });
    const line = svg('polyline');
    const area = svg('polygon');
    const spark = svg(
      'svg',
      { viewBox: '0 0 120 28', preserveAspectRatio: 'none', class: 'spark', 'aria-hidden': 'true' },
      area,
      line,
    );
    const title = element('h2');
    title.textContent = name;
    return { value, sub, line, area, spark, node: element('article', { className: 'tile' }, title, value, sub, spark) };
  });

  constructor() {
    byId('tiles').replaceChildren(...this.#tiles.map(({ node }) => node));
  }

  update({ rates, totals, latencyMs, lag, opportunities }) {
    const worst = lag.reduce((max, row) => Math.max(max, row.seconds ?? 0), 0);
    const behind = lag.reduce((sum, { records }) => sum + records, 0);
    const processed = Object.values(totals.processed).reduce((sum, value) => sum + value, 0);
    this.#show(0, `${rate(rates.raw)} /s`, `${count(totals.raw)} records`, rates.rawHistory);
    this.#show(1, `${rate(rates.processed)} /s`, `${count(processed)} events`, rates.processedHistory);
    this.#show(
      2,
      latencyMs.p99 === null ? '–' : duration(latencyMs.p99),
      latencyMs.p50 === null ? 'p99, receive to visible' : `p99 · p50 ${duration(latencyMs.p50)}`,
      undefined,
      latencyMs.p99 > 1_000 ? 'warn' : undefined,
    );
    this.#show(
      3,
      lag.length === 0 ? '–' : duration(worst * 1_000),
      lag.length === 0
        ? 'not measured yet'
        : `${count(behind)} records in ${new Set(lag.map(({ group }) => group)).size} groups`,
      undefined,
      worst > 30 ? 'bad' : worst > 5 ? 'warn' : undefined,
    );
    this.#show(
      4,
      `${count(opportunities.open)} open`,
      `${count(opportunities.opened)} opened, ${count(opportunities.closed)} closed`,
    );
    this.#show(
      5,
      totals.raw === 0 ? '–' : totals.accounted ? 'all' : 'not all',
      `${count(totals.filtered)} filtered, ${count(totals.deadLetters)} dead`,
      undefined,
      totals.raw > 0 ? (totals.accounted ? 'good' : 'bad') : undefined,
    );
  }

  #show(n, value, sub, history, tone) {
    const tile = this.#tiles[n];
    text(tile.value, value);
    text(tile.sub, sub);
    assign(tile.node, { 'data-tone': tone ?? null });
    assign(tile.spark, { hidden: history ? null : '' });
    if (!history) return;
    const top = Math.max(1, ...history) * 1.1;
    const points = history.map(
      (point, at) => `${((at / (history.length - 1)) * 120).toFixed(1)},${(28 - (point / top) * 27).toFixed(1)}`,
    );
    tile.line.setAttribute('points', points.join(' '));
    tile.area.setAttribute('points', ['0,28', ...points, '120,28'].join(' '));
  }
}
