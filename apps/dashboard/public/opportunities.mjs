import { assign, byId, choosable, column, element, Table, text, twoLines } from './dom.mjs';
import { bps, count, duration, instrument, price, size, time, usd } from './format.mjs';

export class Opportunities {
  #expanded = new Set();
  #snapshot;
  #table = new Table(byId('opportunities'), {
    key: (row) => (row.detail ? `${row.id}/detail` : row.id),
    empty: byId('opportunities-empty'),
    onRow: (tr, row) => assign(tr, { 'data-open': !row.detail && row.state !== 'closed' ? '' : null }),
  });

  update(snapshot) {
    this.#snapshot = snapshot;
    const { recent, opened, updated, closed } = snapshot.opportunities;
    text(
      byId('opportunities-hint'),
      recent.length > 0 ? `${count(opened)} opened · ${count(updated)} updated · ${count(closed)} closed` : '',
    );
    const rows = recent.flatMap((row) =>
      this.#expanded.has(row.id) ? [row, { id: row.id, detail: (cell) => proof(cell, row) }] : [row],
    );
    this.#table.update(rows, [
      choosable(
        'Instrument',
        (row) => instrument(row.instrument).name,
        (row) => `${row.buy.venue} → ${row.sell.venue}`,
        (row) => this.#toggle(row.id),
        'aria-expanded',
        (row) => this.#expanded.has(row.id),
      ),
      twoLines(
        'Net, bps',
        'number',
        (row) => bps(shown(row).netBps),
        (row) => (row.state === 'closed' ? `at close ${bps(row.netBps)}` : `max ${bps(row.maxNetBps)}`),
        {
          tone: (row) => (row.state === 'closed' ? null : 'good'),
          headTitle: 'after both taker fees; of a closed one, its best',
        },
      ),
      column('Size', 'number lesser', (row) => size(shown(row).size)),
      column('Profit', 'number', (row) => profit(shown(row))),
      column('Duration', 'number', (row) =>
        duration(row.state === 'closed' ? row.durationMs : Math.max(0, snapshot.nowMs - row.openedAtMs)),
      ),
      twoLines(
        'State',
        '',
        (row) => (row.state === 'closed' ? 'closed' : 'open'),
        (row) => (row.state === 'closed' ? reason(row.closeReason) : `since ${time(row.openedAtMs)}`),
        { tone: (row) => (row.state === 'closed' ? 'badge-off' : 'badge-good') },
      ),
    ]);
  }

  #toggle(id) {
    if (!this.#expanded.delete(id)) {
      if (this.#expanded.size > 20) this.#expanded.clear();
      this.#expanded.add(id);
    }
    this.update(this.#snapshot);
  }
}

/** An open one is shown as it is now, a closed one as it was at its best. */
function shown(row) {
  return row.state === 'closed' ? row.best : row;
}

function profit({ profitUsd, profitQuote }) {
  return profitUsd === null ? size(profitQuote) : usd(profitUsd);
}

/** Both quotes as they were judged. */
function proof(cell, { buy, sell, grossBps, netBps, openedAtMs }) {
  if (!cell.firstChild)
    cell.append(
      element(
        'dl',
        { className: 'proof' },
        ...Array.from({ length: 3 }, () => element('div', {}, element('dt'), element('dd'))),
      ),
    );
  const leg = ({ venue, symbol, price: at, size: held, takerFeeBps, ageMs, origin }) =>
    `${size(held)} ${symbol} at ${price(at)} on ${venue}, fee ${bps(takerFeeBps)} bps, quote ${duration(ageMs)} old, ${origin}`;
  const lines = [
    ['Buy', leg(buy)],
    ['Sell', leg(sell)],
    ['Gross', `${bps(grossBps)} bps, net ${bps(netBps)} bps after both fees; opened ${time(openedAtMs)} UTC`],
  ];
  lines.forEach(([name, said], n) => {
    const line = cell.firstChild.children[n];
    text(line.children[0], name);
    text(line.children[1], said);
  });
}

function reason(name) {
  return (name ?? '').replaceAll('_', ' ');
}
