import { assign, byId, choosable, column, element, Table, text, twoLines } from './dom.mjs';
import { bps, bytes, count, duration, instrument, price, rate, size, time } from './format.mjs';

const table = (id, key, more = {}) => new Table(byId(id), { key, empty: byId(`${id}-empty`), ...more });
const tones = { live: 'good', connecting: 'warn', degraded: 'warn', silent: 'bad', stopped: 'off' };

export class Instruments {
  #table = table('instruments', ({ id }) => id, {
    onRow: (tr, row) =>
      assign(tr, { 'data-selected': row.id === this.selected ? '' : null, 'data-suspect': row.suspect ? '' : null }),
  });
  #onSelect;
  selected;

  constructor(onSelect) {
    this.#onSelect = onSelect;
  }

  update({ topInstruments }) {
    this.selected ??= topInstruments[0]?.id;
    const venues = [...new Set(topInstruments.flatMap((row) => row.venues.map(({ venue }) => venue)))]
      .sort()
      .slice(0, 4);
    const of = (row, venue) => row.venues.find((top) => top.venue === venue);
    const quoted = (venue, side, best) =>
      column(`${venue} ${side}`, 'number venue', (row) => price(of(row, venue)?.[side]), {
        tone: (row) =>
          row[best] === venue ? (side === 'bid' ? 'bid' : 'ask') : of(row, venue)?.ageMs > 10_000 ? 'off' : null,
        title: (row) => {
          const top = of(row, venue);
          return top
            ? `size ${size(side === 'bid' ? top.bidSize : top.askSize)}, ${duration(top.ageMs)} old`
            : `no live quote on ${venue}`;
        },
      });
    this.#table.update(topInstruments, [
      choosable(
        'Instrument',
        (row) => instrument(row.instrument).name,
        (row) => `${instrument(row.instrument).kind}${row.suspect ? ' · suspect mapping' : ''}`,
        (row) => this.#select(row.id),
        'aria-pressed',
        (row) => row.id === this.selected,
      ),
      twoLines(
        'Best bid',
        'number small',
        (row) => price(row.bestBid),
        (row) => row.bestBidVenue ?? '',
        { tone: () => 'bid' },
      ),
      twoLines(
        'Best ask',
        'number small',
        (row) => price(row.bestAsk),
        (row) => row.bestAskVenue ?? '',
        { tone: () => 'ask' },
      ),
      ...venues.flatMap((venue) => [quoted(venue, 'bid', 'bestBidVenue'), quoted(venue, 'ask', 'bestAskVenue')]),
      column('Spread', 'number', (row) => bps(row.spreadBps), {
        tone: (row) => (row.spreadBps !== null && row.spreadBps < 0 ? 'warn' : null),
        title: () => 'basis points between the best ask and the best bid over all venues; negative while venues cross',
      }),
      column('Last', 'number lesser', (row) => price(row.lastTradePrice), {
        title: (row) => (row.lastTradeVenue ? `${size(row.lastTradeSize)} on ${row.lastTradeVenue}` : null),
      }),
    ]);
  }

  #select(id) {
    this.selected = id;
    this.#onSelect();
  }
}

export class Others {
  #sources = table('sources', ({ id }) => id);
  #lag = table('lag', ({ group, topic }) => `${group} ${topic}`);
  #gaps = table('gaps', ({ id }) => id);
  #filtered = table('filtered', ([name]) => name);
  #dead = table('dead', ({ id }) => id);

  update(snapshot) {
    this.#showSources(snapshot);
    this.#lag.update(snapshot.lag, [
      twoLines(
        'Group',
        'first',
        ({ group }) => group,
        ({ topic }) => topic,
      ),
      column('Records', 'number', ({ records }) => count(records)),
      column('Age', 'number', ({ seconds }) => (seconds === null ? '–' : duration(seconds * 1_000)), {
        tone: ({ seconds }) => (seconds > 30 ? 'bad' : seconds > 5 ? 'warn' : null),
      }),
    ]);
    const { open, healed, recent } = snapshot.gaps;
    text(byId('gaps-hint'), recent.length > 0 ? `${count(open)} open · ${count(healed)} healed` : '');
    this.#gaps.update(recent, [
      twoLines(
        'Feed',
        'first',
        ({ source, symbol }) => `${source} ${symbol === '*' ? '(connection)' : symbol}`,
        ({ channel, cause }) => `${channel}, ${cause}`,
      ),
      column('Found', 'number', ({ detectedAtMs }) => time(detectedAtMs)),
      twoLines(
        'State',
        '',
        ({ how }) => (how === null ? 'open' : 'healed'),
        ({ how, resyncMs }) => (how === null ? '' : `${how}, ${duration(resyncMs)}`),
        { tone: ({ how }) => (how === null ? 'badge-bad' : 'badge-good') },
      ),
    ]);
    this.#filtered.update(
      Object.entries(snapshot.filtered).sort(([, a], [, b]) => b - a),
      [
        twoLines(
          'Reason',
          'first',
          ([name]) => name.slice(name.indexOf('.') + 1),
          ([name]) => name.slice(0, Math.max(0, name.indexOf('.'))),
        ),
        column('Records', 'number', ([, total]) => count(total)),
        column('Share of raw', 'number', ([, total]) =>
          snapshot.totals.raw > 0 ? `${((total / snapshot.totals.raw) * 100).toFixed(2)} %` : '–',
        ),
      ],
    );
    this.#showDeadLetters(snapshot);
  }

  #showSources({ sources }) {
    const rows = Object.entries(sources).map(([id, source]) => ({ id, ...source }));
    const tasks = rows.reduce((sum, row) => sum + row.tasks, 0);
    text(byId('sources-hint'), rows.length > 0 ? `${rows.length} sources, ${tasks} tasks` : '');
    this.#sources.update(rows, [
      {
        head: 'Source',
        className: 'first',
        fill(cell, row) {
          if (!cell.firstChild)
            cell.append(
              element('i', { className: 'dot' }),
              element('span', { className: 'line' }),
              element('span', { className: 'sub' }),
            );
          assign(cell.children[0], { 'data-tone': tones[row.state] });
          text(cell.children[1], row.id);
          text(cell.children[2], `${row.state}${row.simulated ? ', simulated' : ''}`);
          assign(cell, { title: row.lastError === null ? null : `last error: ${row.lastError}` });
        },
      },
      column('Messages /s', 'number', (row) => rate(row.messagesPerSecond)),
      column(
        'Last message',
        'number',
        (row) => (row.lastMessageAgeMs === null ? 'none yet' : duration(row.lastMessageAgeMs)),
        { tone: ({ lastMessageAgeMs: age }) => (age > 30_000 ? 'bad' : age > 5_000 ? 'warn' : null) },
      ),
      column('Received', 'number lesser', (row) => bytes(row.bytes), {
        title: (row) => `${count(row.messages)} messages`,
      }),
      column('Reconnects', 'number', (row) => count(row.reconnects)),
      column('Gaps', 'number', (row) => `${count(row.gapsOpen)} / ${count(row.gapsHealed)}`, {
        tone: (row) => (row.gapsOpen > 0 ? 'bad' : null),
        title: () => 'open / healed',
      }),
      column('Endpoint', 'lesser long', (row) => row.endpoints.join(', ') || '–'),
    ]);
  }

  #showDeadLetters({ deadLetters, recentDeadLetters, undecodable }) {
    const codes = Object.entries(deadLetters).sort(([, a], [, b]) => b - a);
    const unread = Object.values(undecodable).reduce((sum, value) => sum + value, 0);
    text(
      byId('dead-hint'),
      `kept untouched in dlq.*, shown as text${unread > 0 ? `; ${count(unread)} records were unreadable for this page` : ''}`,
    );
    const host = byId('dead-codes');
    while (host.childElementCount > codes.length) host.lastChild.remove();
    codes.forEach(([code, total], n) => {
      const item = host.children[n] ?? host.appendChild(element('li', {}, element('code'), element('b')));
      text(item.children[0], code);
      text(item.children[1], count(total));
    });
    this.#dead.update(recentDeadLetters, [
      twoLines(
        'Time',
        'first',
        ({ atMs }) => time(atMs),
        ({ stage }) => stage,
      ),
      twoLines(
        'Reason',
        'said',
        ({ reason: said }) => said,
        ({ code }) => code,
      ),
      twoLines(
        'Origin',
        'lesser origin',
        ({ origin }) => origin,
        ({ key }) => key,
      ),
      {
        head: 'Value',
        className: 'excerpt',
        fill(cell, { excerpt, bytes: held }) {
          if (!cell.firstChild) cell.append(element('code'), element('span', { className: 'sub' }));
          text(cell.firstChild, excerpt);
          text(cell.lastChild, bytes(held));
        },
      },
    ]);
  }
}
