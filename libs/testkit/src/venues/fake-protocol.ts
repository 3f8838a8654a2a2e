import type { VenueProtocol } from './protocol.ts';

/**
 * A protocol of no venue, for tests of the server itself: every event is a JSON frame once the client has sent
 * `{"subscribe":["BTC/USDT"]}` (or `*`), REST answers pairs and books, a heartbeat goes out at every tick.
 */
export function fakeProtocol(venue: string, pingMs?: number): VenueProtocol {
  return {
    venue,
    ...(pingMs !== undefined && { pingMs }),
    http({ path, query }, market) {
      if (path === '/pairs')
        return { status: 200, body: JSON.stringify(market.pairs.map(({ base, quote }) => `${base}/${quote}`)) };
      if (path === '/throw') throw new Error('a bug');
      const pair = market.pairs.find(({ base, quote }) => `${base}/${quote}` === query.get('pair'));
      if (path !== '/book' || !pair) return { status: 404, body: '{"error":"not found"}' };
      return { status: 200, body: JSON.stringify(market.book(pair, 10)) };
    },
    connect(_path, _query, market, send, nowUs, close) {
      const wanted = new Set<string>();
      return {
        message(text) {
          const { subscribe, bye } = JSON.parse(text) as { subscribe?: string[]; bye?: boolean };
          if (bye) close?.(1008, 'bye');
          for (const name of subscribe ?? []) {
            const known = name === '*' || market.pairs.some(({ base, quote }) => `${base}/${quote}` === name);
            if (known) wanted.add(name);
            send(JSON.stringify({ method: 'subscribe', name, success: known, at: nowUs() }));
          }
        },
        event(event) {
          const name = `${event.pair.base}/${event.pair.quote}`;
          if (!wanted.has(name) && !wanted.has('*')) return;
          send(
            event.kind === 'trade'
              ? `{"kind":"trade","pair":"${name}","id":${event.tradeId},"price":${event.price},"size":${event.size}}`
              : JSON.stringify({ ...event, pair: name }),
          );
        },
        tick() {
          send('{"channel":"heartbeat"}');
        },
      };
    },
  };
}
