import { Random } from '@alphapulse/testkit/venues/random.ts';
import { printable } from '../printable.ts';
import type { DashboardState } from '../state.ts';
import { account, gap, health, marketUpdate, opportunity } from './sample-records.ts';

interface Pair {
  readonly instrument: string;
  readonly venues: readonly string[];
  readonly halfSpread: number;
  /** The higher, the fewer updates. */
  readonly quiet: number;
  mid: number;
  /** Sold at this much above on one venue while it lasts. */
  dislocation: { venue: string; share: number; endsMs: number; openedMs: number; id: string } | undefined;
}

const both = ['binance', 'kraken'];
const pairs: readonly (readonly [instrument: string, mid: number, venues: readonly string[]])[] = [
  ['spot:BTC/USDT', 67_412, both],
  ['spot:ETH/USDT', 3_188, both],
  ['spot:SOL/USDT', 171.4, both],
  ['spot:XRP/USDT', 0.5921, both],
  ['spot:DOGE/USDT', 0.1312, both],
  ['spot:ADA/USDT', 0.4471, both],
  ['spot:ETH/BTC', 0.04731, both],
  ['spot:BTC/USD', 67_398, ['kraken']],
  ['spot:ETH/USD', 3_186.2, ['kraken']],
];

/** A seeded imitation of a running system for the page's tests: feeds a state second by second. */
export class SampleSystem {
  readonly #state: DashboardState;
  readonly #random = new Random(7);
  readonly #pairs: Pair[] = pairs.map(([instrument, mid, venues], n) => ({
    quiet: 0.2 + n * 0.2,
    instrument,
    venues,
    mid,
    halfSpread: mid * 0.00008,
    dislocation: undefined,
  }));
  #seconds = 0;
  #made = 0;

  constructor(state: DashboardState) {
    this.#state = state;
    for (let n = 0; n < 214; n++) state.registered('instruments', `instrument-${n}`, true);
    for (const venue of both) state.registered('venues', venue, true);
  }

  /** What the system writes in the second that ends at `nowMs`. */
  second(nowMs: number): void {
    this.#seconds++;
    for (const pair of this.#pairs) this.#trade(pair, nowMs);
    this.#collect(nowMs);
    this.#process(nowMs);
    if (this.#seconds % 37 === 0) this.#deadLetter(nowMs);
    if (this.#seconds % 90 === 0) {
      const id = `gap-${this.#seconds}`;
      this.#state.gap(gap(nowMs, { id }));
      this.#state.gap(gap(nowMs, { id, resolvedTime: (nowMs + 84) * 1000, resyncMs: 84, how: 'resubscribe' }));
    }
    this.#state.lag([
      { group: 'parse-validate-enrich', topic: 'raw.binance', records: 41 + this.#random.below(60), seconds: 0.03 },
      { group: 'parse-validate-enrich', topic: 'raw.kraken', records: this.#random.below(25), seconds: 0.02 },
      { group: 'arbitrage', topic: 'processed.quotes', records: this.#random.below(40), seconds: 0.04 },
      { group: 'market-updates', topic: 'processed.quotes', records: this.#random.below(40), seconds: 0.05 },
      { group: 'market-updates', topic: 'processed.trades', records: 0, seconds: 0 },
    ]);
    this.#state.ready(true);
  }

  #trade(pair: Pair, nowMs: number): void {
    pair.mid *= 1 + (this.#random.next() - 0.5) * 0.0004;
    const current = pair.dislocation;
    if (current && nowMs >= current.endsMs) {
      this.#step(pair, nowMs, 'closed');
      pair.dislocation = undefined;
    } else if (!current && pair.venues.length > 1 && this.#random.next() < 0.012) {
      const share = this.#random.between(0.0048, 0.0075);
      const endsMs = nowMs + 2_000 + this.#random.below(12_000);
      const id = `sample-${this.#made++}`;
      pair.dislocation = { venue: this.#random.pick(pair.venues), share, endsMs, openedMs: nowMs, id };
      this.#step(pair, nowMs, 'opened');
    }
    const mids = Object.fromEntries(
      pair.venues.map((venue) => [
        venue,
        pair.mid *
          (1 + (this.#random.next() - 0.5) * 0.0002 + (pair.dislocation?.venue === venue ? pair.dislocation.share : 0)),
      ]),
    );
    const parts = [650, 400, 150].slice(0, 1 + Math.floor(3 * this.#random.next() ** pair.quiet));
    for (const part of parts)
      this.#state.market(marketUpdate(nowMs - part, pair.instrument, mids, pair.halfSpread), nowMs);
  }

  #step(pair: Pair, nowMs: number, state: 'opened' | 'closed'): void {
    const dislocation = pair.dislocation;
    if (!dislocation) return;
    const buyPrice = pair.mid * 1.0001;
    const sellPrice = pair.mid * (1 + (state === 'closed' ? 0.0004 : dislocation.share));
    const grossBps = ((sellPrice - buyPrice) / buyPrice) * 10_000;
    const step = opportunity(nowMs, {
      opportunityId: dislocation.id,
      instrumentId: pair.instrument.replace(/[^A-Za-z0-9]/g, '-').toLowerCase(),
      instrument: pair.instrument,
      state,
      closeReason: state === 'closed' ? 'spread_gone' : null,
      buyPrice,
      sellPrice,
      netBps: grossBps - 36,
      maxNetBps: dislocation.share * 10_000 - 37,
      executableSize:
        Math.round((12_000 / (pair.instrument.endsWith('/BTC') ? pair.mid * 67_000 : pair.mid)) * 1_000) / 1_000,
      profitQuote: Math.max(0.4, (grossBps - 36) * 1.2),
      profitUsd: Math.max(0.4, (grossBps - 36) * 1.2),
      openedTime: dislocation.openedMs * 1000,
      durationMs: nowMs - dislocation.openedMs,
    });
    const other = dislocation.venue === 'binance' ? 'kraken' : 'binance';
    this.#state.opportunity({
      ...step,
      buy: { ...step.buy, venue: other },
      sell: { ...step.sell, venue: dislocation.venue },
    });
  }

  #collect(nowMs: number): void {
    const task = (id: string, source: string, perSecond: number, endpoint: string, more = {}) =>
      this.#state.collector(
        health(nowMs, {
          id,
          source,
          endpoint,
          messages: perSecond * this.#seconds,
          bytes: perSecond * this.#seconds * 210,
          messagesPerSecond: perSecond + this.#random.below(40),
          lastMessageTime: (nowMs - this.#random.below(60)) * 1000,
          ...more,
        }),
      );
    task('binance/spot/0', 'binance', 2_940, 'ws://127.0.0.1:41327', { gapsHealed: 1 });
    task('binance/spot/1', 'binance', 1_130, 'ws://127.0.0.1:41327');
    task('kraken/v2/0', 'kraken', 870, 'ws://127.0.0.1:40311', { reconnects: 1, gapsHealed: 3 });
  }

  #process(nowMs: number): void {
    const receivedTimes = Array.from({ length: 16 }, () => (nowMs - 14 - this.#random.next() ** 4 * 60) * 1000);
    for (const [source, records] of [
      ['binance', 4_000 + this.#random.below(160)],
      ['kraken', 850 + this.#random.below(60)],
    ] as const) {
      const filtered = Math.round(records * 0.012);
      this.#state.batch(
        account(nowMs, {
          topic: `raw.${source}`,
          records,
          withOutputs: records - filtered,
          filteredRecords: filtered,
          filtered: { 'parse.heartbeat': filtered - 9, 'parse.subscription-answer': 2, 'validate.duplicate': 7 },
          outputs: {
            'processed.trades': Math.round(records * 0.19),
            'processed.quotes': Math.round(records * 0.42),
            'processed.books': Math.round(records * 0.37),
          },
          receivedTimes,
        }),
        nowMs,
        true,
      );
    }
    const detect = (stages: string, topic: string, records: number, outputs: Record<string, number>) =>
      this.#state.batch(account(nowMs, { stages, topic, records, outputs, receivedTimes }), nowMs, true);
    detect('arbitrage', 'processed.quotes', 2_040, { 'opportunities.arbitrage': this.#random.below(3) });
    detect('market-updates', 'processed.quotes', 2_040, { 'market.updates': 27 });
    detect('market-updates', 'processed.trades', 920, {});
  }

  #deadLetter(nowMs: number): void {
    const [code, reason, payload] = this.#random.pick(hostile);
    this.#state.deadLetter({
      id: `dlq.parse-1@${this.#made++}`,
      atMs: nowMs - 300,
      stage: 'parse',
      code,
      reason,
      origin: `raw.kraken-1@${93_000 + this.#made}`,
      key: 'BTC/USD',
      excerpt: printable(payload),
      bytes: payload.length,
    });
    this.#state.batch(
      account(nowMs, { topic: 'raw.kraken', records: 1, withOutputs: 0, deadRecords: 1, deadLetters: { [code]: 1 } }),
      nowMs,
      true,
    );
  }
}

const hostile = [
  [
    'frame_not_json',
    'the frame is not JSON: unexpected end at byte 61',
    '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD',
  ],
  [
    'frame_malformed',
    'trade: price is not a number',
    '{"channel":"trade","data":[{"symbol":"<script>document.title=\'owned\'</script>","price":"NaN"}]}',
  ],
  [
    'number_not_finite',
    'bid 1e309 is not a finite number',
    '{"u":400900217,"s":"BNBUSDT","b":"1e309","B":"31.21","a":"25.36","A":"40.66"}',
  ],
  [
    'symbol_unknown',
    'no listing of FOOUSDT on binance at 2024-08-09',
    '{"e":"trade","E":1723161253937,"s":"FOOUSDT","t":12345,"p":"0.001","q":"100"}',
  ],
] as const;
