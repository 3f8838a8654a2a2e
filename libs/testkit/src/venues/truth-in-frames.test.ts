import { expect, test } from '@jest/globals';
import { binanceProtocol } from './binance-protocol.ts';
import { krakenProtocol } from './kraken-protocol.ts';
import { MarketModel } from './market-model.ts';
import type { VenueProtocol, VenueSession } from './protocol.ts';

const startUs = 1_700_000_000_000_000;

interface Top {
  readonly bid: number;
  readonly ask: number;
}

/** Reads tops of book off the venues' own frames: Binance's bookTicker, Kraken's ticker. */
function readTop(venue: string, text: string): (Top & { symbol: string }) | undefined {
  const frame = JSON.parse(text);
  if (venue === 'binance' && frame.data?.b !== undefined)
    return { symbol: frame.data.s, bid: Number(frame.data.b), ask: Number(frame.data.a) };
  if (venue === 'kraken' && frame.channel === 'ticker')
    return { symbol: frame.data[0].symbol.replace('/', ''), bid: frame.data[0].bid, ask: frame.data[0].ask };
  return undefined;
}

test('who reads only the venues’ frames finds the planted arbitrages above the threshold, and no others', () => {
  const model = new MarketModel({ seed: 21, startUs, dislocations: { pauseMs: [400, 1200] } });
  model.startDislocations(startUs + 1_000_000);
  const protocols: Readonly<Record<string, VenueProtocol>> = { binance: binanceProtocol, kraken: krakenProtocol };
  const tops = new Map<string, Map<string, Top>>();
  const running = new Map<string, number>();
  const found: { symbol: string; buy: string; sell: string; fromUs: number; toUs: number }[] = [];
  const judge = (symbol: string, buy: string, sell: string): void => {
    const [asked, bid] = [tops.get(symbol)?.get(buy), tops.get(symbol)?.get(sell)];
    if (!asked || !bid) return;
    const net = ((bid.bid - asked.ask) / asked.ask) * 1e4 - 50;
    const key = `${symbol} ${buy} ${sell}`;
    const fromUs = running.get(key);
    if (net > model.thresholdBps && fromUs === undefined) running.set(key, model.nowUs);
    if (net <= model.thresholdBps && fromUs !== undefined) {
      running.delete(key);
      found.push({ symbol, buy, sell, fromUs, toUs: model.nowUs });
    }
  };
  const sessions = new Map<string, VenueSession>();
  for (const [venue, market] of model.venues) {
    const receive = (text: string) => {
      const top = readTop(venue, text);
      if (!top) return;
      const venues = tops.get(top.symbol) ?? new Map<string, Top>();
      tops.set(top.symbol, venues.set(venue, top));
      judge(top.symbol, 'binance', 'kraken');
      judge(top.symbol, 'kraken', 'binance');
    };
    const path = venue === 'binance' ? '/stream' : '/v2';
    const session = protocols[venue]?.connect(path, new URLSearchParams(), market, receive, () => model.nowUs);
    if (!session) throw new Error(`no protocol for ${venue}`);
    sessions.set(venue, session);
    const symbols = market.pairs.map(({ base, quote }) =>
      venue === 'binance' ? `${base}${quote}` : `${base}/${quote}`,
    );
    session.message(
      venue === 'binance'
        ? JSON.stringify({
            method: 'SUBSCRIBE',
            params: symbols.map((one) => `${one.toLowerCase()}@bookTicker`),
            id: 1,
          })
        : JSON.stringify({ method: 'subscribe', params: { channel: 'ticker', event_trigger: 'bbo', symbol: symbols } }),
    );
  }
  for (let at = startUs; at < startUs + 45_000_000; at += 5_000)
    model.advance(at, (venue, event) => sessions.get(venue)?.event(event));

  const planted = model.truth.filter((one) => one.aboveThreshold);
  expect(planted.length).toBeGreaterThan(5);
  expect(model.truth.length - planted.length).toBeGreaterThan(3);
  expect(found.map(({ symbol, buy, sell, fromUs, toUs }) => ({ symbol, buy, sell, fromUs, toUs }))).toEqual(
    planted.map(({ instrument, buyVenue, sellVenue, fromUs, toUs }) => ({
      symbol: instrument.slice('spot:'.length).replace('/', ''),
      buy: buyVenue,
      sell: sellVenue,
      fromUs,
      toUs,
    })),
  );
});
