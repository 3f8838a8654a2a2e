import { assign, byId, element, Table, text, twoLines } from './dom.mjs';
import { apart, count, duration, instrument, price, time } from './format.mjs';

/** Instruments whose listings cannot be one thing, judging by their prices. The card is there while there are any. */
export class Mappings {
  #card = byId('mappings-card');
  #table = new Table(byId('mappings'), { key: ({ instrumentId }) => instrumentId, empty: element('p') });

  update({ mappings, nowMs }) {
    const { suspect, suppressed, ended, recent } = mappings;
    this.#card.hidden = suspect === 0;
    text(
      byId('mappings-hint'),
      `${count(suspect)} suspect · ${count(suppressed)} quotes suppressed · ${count(ended)} opportunities ended`,
    );
    this.#table.update(recent, [
      twoLines(
        'Instrument',
        'first',
        (row) => instrument(row.instrument).name,
        (row) => instrument(row.instrument).kind,
      ),
      { head: 'Prices, and how far from the median of the others', className: 'prices', fill: showPrices },
      twoLines(
        'Since',
        'number',
        (row) => duration(Math.max(0, nowMs - row.sinceMs)),
        (row) => `${time(row.sinceMs)} UTC`,
      ),
      twoLines(
        'Why',
        'said',
        (row) => row.reason,
        () => '',
      ),
    ]);
  }
}

function showPrices(cell, { venues, moreVenues }) {
  const lines = venues.length + (moreVenues > 0 ? 1 : 0);
  while (cell.childElementCount > lines) cell.lastChild.remove();
  while (cell.childElementCount < lines)
    cell.append(element('p', { className: 'priced' }, ...['span', 'span', 'b', 'b'].map((tag) => element(tag))));
  venues.forEach(({ venue, symbol, midPrice, deviationBps, suspect }, n) => {
    const [name, listed, at, off] = cell.children[n].children;
    text(name, venue);
    text(listed, symbol);
    // What does not fit is cut off.
    assign(name, { title: venue });
    assign(listed, { title: symbol });
    text(at, price(midPrice));
    text(off, apart(deviationBps));
    assign(off, { 'data-tone': suspect ? 'badge-bad' : 'badge-off', title: `${deviationBps} basis points` });
    assign(cell.children[n], { 'data-suspect': suspect ? '' : null });
  });
  if (moreVenues > 0) {
    const more = cell.lastChild;
    for (const part of more.children) text(part, '');
    text(more.firstChild, `and ${count(moreVenues)} more`);
  }
}
