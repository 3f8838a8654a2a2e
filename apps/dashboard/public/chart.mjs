import { assign, byId, element, text } from './dom.mjs';
import { instrument, price, time } from './format.mjs';
import uPlot from './uplot/uPlot.esm.js';

const everyMs = 2_000;

/** Mid prices of one instrument, a line a venue; where an opportunity was open the background says so. */
export class Chart {
  #host = byId('chart');
  #plot;
  #drawn = '';
  #id;
  #history;
  #nowMs = 0;
  #asked = 0;

  constructor() {
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#host);
    matchMedia('(prefers-color-scheme: light)').addEventListener('change', () => {
      this.#drawn = '';
      this.#draw();
    });
  }

  /** Shows this instrument from now on; called each second. */
  async update(id, nowMs) {
    this.#nowMs = nowMs;
    if (id === undefined || (id === this.#id && performance.now() - this.#asked < everyMs)) return;
    this.#id = id;
    this.#asked = performance.now();
    try {
      const response = await fetch(`api/instruments/${encodeURIComponent(id)}/history`);
      if (!response.ok || this.#id !== id) return;
      this.#history = await response.json();
      this.#draw();
    } catch {
      // The stream tells that the connection is gone; the next tick asks again.
      this.#asked = 0;
    }
  }

  #size() {
    return { width: Math.max(200, this.#host.clientWidth), height: Math.max(200, this.#host.clientHeight) };
  }

  #draw() {
    if (!this.#history) return;
    const { times, venues, instrument: identity } = this.#history;
    const names = Object.keys(venues);
    const data = [times, ...names.map((name) => venues[name])];
    const { name, kind } = instrument(identity);
    text(byId('chart-title'), `${name} mid price by venue`);
    text(byId('chart-hint'), kind);
    byId('chart-empty').hidden = times.length > 0;
    const shape = JSON.stringify([this.#id, names]);
    if (shape === this.#drawn && this.#plot) this.#plot.setData(data);
    else {
      this.#drawn = shape;
      this.#plot?.destroy();
      this.#plot = new uPlot(this.#options(names), data, this.#host);
    }
    this.#legend();
  }

  #options(names) {
    const style = getComputedStyle(document.documentElement);
    const color = (variable) => style.getPropertyValue(variable).trim();
    const axis = {
      stroke: color('--muted'),
      grid: { stroke: color('--grid'), width: 1 },
      ticks: { show: false },
      font: `11px ${color('--font')}`,
    };
    return {
      ...this.#size(),
      padding: [12, 6, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 } },
      scales: { x: { time: true } },
      axes: [
        {
          ...axis,
          size: 30,
          space: 70,
          values: (_plot, ticks) => ticks.map((tick) => time(tick * 1000).slice(0, tick % 60 === 0 ? 5 : 8)),
        },
        {
          ...axis,
          size: (_plot, values) => 16 + 6.4 * Math.max(4, ...(values ?? []).map((value) => value.length)),
          values: (_plot, ticks) => ticks.map((tick) => axisPrice(tick, ticks)),
        },
      ],
      series: [
        {},
        ...names.map((name, n) => ({
          label: name,
          stroke: color(`--line-${(n % 6) + 1}`),
          width: 1.6,
          spanGaps: true,
          points: { show: false },
        })),
      ],
      hooks: {
        drawClear: [(plot) => this.#shade(plot, color('--span'))],
        setCursor: [() => this.#legend()],
      },
    };
  }

  #shade(plot, color) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = color;
    for (const { openedAtMs, closedAtMs } of this.#history.opportunities) {
      const left = Math.max(bbox.left, plot.valToPos(openedAtMs / 1000, 'x', true));
      const right = Math.min(bbox.left + bbox.width, plot.valToPos((closedAtMs ?? this.#nowMs) / 1000, 'x', true));
      if (right > left) ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    }
    ctx.restore();
  }

  /** Values under the cursor, else the newest. */
  #legend() {
    const { times, venues } = this.#history;
    const names = Object.keys(venues);
    const index = this.#plot?.cursor.idx ?? times.length - 1;
    const host = byId('chart-legend');
    const wanted = names.length + 1;
    if (host.childElementCount !== wanted)
      host.replaceChildren(
        ...names.map((_name, n) =>
          element('li', {}, element('i', { className: `line-${(n % 6) + 1}` }), element('span'), element('b')),
        ),
        element('li', { className: 'span' }, element('i'), element('span')),
      );
    names.forEach((name, n) => {
      const item = host.children[n];
      text(item.children[1], name);
      let at = index;
      while (at > 0 && venues[name][at] === null) at--;
      text(item.children[2], price(venues[name][at] ?? null));
    });
    const last = host.lastChild;
    text(last.children[1], 'opportunity open');
    assign(last, { hidden: this.#history.opportunities.length === 0 ? '' : null });
  }
}

/** As many decimals as tell the ticks apart. */
function axisPrice(tick, ticks) {
  const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : Math.abs(tick);
  const digits = Math.min(10, Math.max(0, Math.ceil(-Math.log10(step || 1) + 1e-9)));
  return tick.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
