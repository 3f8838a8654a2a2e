import { describe, expect, test } from '@jest/globals';
import { DashboardState } from './state.ts';
import { account, gap, health, mapping, marketUpdate, opportunity } from './testing/sample-records.ts';

const nowMs = 1_741_944_000_000;
const fresh = (recorded = false) => new DashboardState({ startedAtMs: nowMs, historyFromMs: nowMs, recorded });

describe('batch accounts', () => {
  test('become rates over full seconds, by stages and topic', () => {
    const state = fresh();
    for (let second = 0; second < 5; second++)
      for (const topic of ['raw.binance', 'raw.kraken'])
        state.batch(
          account(0, { topic, records: 1_000, outputs: { 'processed.trades': 300, 'processed.quotes': 600 } }),
          nowMs + second * 1_000,
          true,
        );
    const { rates, stages, totals } = state.snapshot(nowMs + 5_000);
    expect(rates.raw).toBe(2_000);
    expect(rates.processed).toBe(1_800);
    expect(rates.byTopic).toEqual({ 'processed.quotes': 1_200, 'processed.trades': 600 });
    expect(rates.rawHistory).toHaveLength(60);
    expect(rates.rawHistory.slice(-6)).toEqual([0, 2_000, 2_000, 2_000, 2_000, 2_000]);
    expect(stages['parse+validate+enrich']).toMatchObject({
      group: 'parse-validate-enrich',
      inputPerSecond: 2_000,
      inputs: { 'raw.binance': 1_000, 'raw.kraken': 1_000 },
    });
    expect(totals).toMatchObject({ raw: 10_000, processed: { trades: 3_000, quotes: 6_000, books: 0, bars: 0 } });
    expect(state.snapshot(nowMs + 120_000).rates.raw).toBe(0);
  });

  test('count drops by reason and dead letters by code', () => {
    const state = fresh();
    state.batch(
      account(nowMs, {
        records: 10,
        withOutputs: 6,
        filteredRecords: 3,
        deadRecords: 1,
        filtered: { 'parse.heartbeat': 2, 'validate.duplicate': 1 },
        deadLetters: { frame_not_json: 1 },
      }),
      nowMs,
      true,
    );
    const snapshot = state.snapshot(nowMs);
    expect(snapshot.filtered).toEqual({ 'parse.heartbeat': 2, 'validate.duplicate': 1 });
    expect(snapshot.deadLetters).toEqual({ frame_not_json: 1 });
    expect(snapshot.totals).toMatchObject({ filtered: 3, deadLetters: 1, accounted: true });
    state.batch(account(nowMs, { records: 5, withOutputs: 4 }), nowMs, true);
    expect(state.snapshot(nowMs).totals.accounted).toBe(false);
  });

  test('of detectors owe no account of each record', () => {
    const state = fresh();
    state.batch(
      account(nowMs, { stages: 'market-updates', topic: 'processed.quotes', records: 9, withOutputs: 1 }),
      nowMs,
      true,
    );
    expect(state.snapshot(nowMs).totals).toMatchObject({ raw: 0, accounted: true });
  });

  test('give latency from receive time to now, only while live', () => {
    const state = fresh();
    const ages = Array.from({ length: 100 }, (_, n) => n + 1);
    const batch = account(nowMs, {
      outputs: { 'processed.quotes': 1 },
      receivedTimes: ages.map((age) => (nowMs - age) * 1_000),
    });
    state.batch(batch, nowMs, false);
    expect(state.snapshot(nowMs).latencyMs).toEqual({ p50: null, p99: null });
    state.batch(batch, nowMs, true);
    expect(state.snapshot(nowMs).latencyMs).toEqual({ p50: 50, p99: 99 });
    expect(state.snapshot(nowMs + 61_000).latencyMs).toEqual({ p50: null, p99: null });
  });

  test('of the past are counted in the second they were processed in', () => {
    const state = fresh();
    state.batch(account(nowMs - 30_000, { records: 50 }), nowMs, false);
    const { rates, totals } = state.snapshot(nowMs);
    expect(totals.raw).toBe(50);
    expect(rates.raw).toBe(0);
    expect(rates.rawHistory[30]).toBe(50);
  });
});

describe('collectors', () => {
  test('tasks of a source are summed, and the worst shows', () => {
    const state = fresh();
    state.collector(health(nowMs, { id: 'a' }));
    state.collector(health(nowMs, { id: 'b', state: 'degraded', reconnects: 2, gapsOpen: 1, lastMessageTime: null }));
    const { sources, tasks } = state.snapshot(nowMs);
    expect(tasks.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(sources.binance).toMatchObject({
      state: 'degraded',
      tasks: 2,
      messages: 2_000,
      messagesPerSecond: 200,
      reconnects: 2,
      gapsOpen: 1,
      lastMessageAgeMs: 40,
    });
  });

  test('without reports they are silent, then forgotten; withdrawn ones are gone', () => {
    const state = fresh();
    state.collector(health(nowMs));
    expect(state.snapshot(nowMs + 11_000).sources.binance).toMatchObject({ state: 'silent', messagesPerSecond: 0 });
    expect(state.snapshot(nowMs + 601_000).sources).toEqual({});
    state.collectorGone('binance/spot/0');
    expect(state.snapshot(nowMs).tasks).toEqual([]);
  });

  test('say what kind of data it is', () => {
    const state = fresh();
    expect(state.snapshot(nowMs)).toMatchObject({ mode: 'waiting', simulated: false });
    state.collector(health(nowMs, { id: 'a' }));
    expect(state.snapshot(nowMs)).toMatchObject({ mode: 'simulated', simulated: true });
    state.collector(health(nowMs, { id: 'b', simulated: false }));
    expect(state.snapshot(nowMs)).toMatchObject({ mode: 'mixed', simulated: false });
    state.collector(health(nowMs, { id: 'a', state: 'stopped' }));
    expect(state.snapshot(nowMs)).toMatchObject({ mode: 'live', simulated: false });
    const recorded = fresh(true);
    recorded.collector(health(nowMs));
    expect(recorded.snapshot(nowMs)).toMatchObject({ mode: 'recorded', simulated: true });
  });

  test('gaps open and heal', () => {
    const state = fresh();
    state.gap(gap(nowMs));
    expect(state.snapshot(nowMs).gaps).toMatchObject({ open: 1, healed: 0, recent: [{ id: 'gap-1', how: null }] });
    state.gap(gap(nowMs, { resolvedTime: (nowMs + 80) * 1_000, resyncMs: 80, how: 'resubscribe' }));
    expect(state.snapshot(nowMs).gaps).toMatchObject({ open: 0, healed: 1, recent: [{ how: 'resubscribe' }] });
  });
});

describe('markets', () => {
  test('show best prices, the spread over venues and mids by second', () => {
    const state = fresh();
    for (let second = 0; second < 3; second++)
      state.market(
        marketUpdate(nowMs + second * 1_000, 'spot:BTC/USDT', { binance: 100 + second, kraken: 100.5 }, 0.1),
        nowMs + second * 1_000,
      );
    state.opportunity(opportunity(nowMs + 700, { state: 'closed', openedTime: nowMs * 1_000, durationMs: 700 }));
    const [top] = state.snapshot(nowMs + 3_000).topInstruments;
    expect(top).toMatchObject({ instrument: 'spot:BTC/USDT', bestBidVenue: 'binance', bestAskVenue: 'kraken' });
    expect(top?.spreadBps).toBeCloseTo(((100.6 - 101.9) / 101.25) * 10_000, 6);
    expect(state.midHistory(top?.id ?? '')).toEqual({
      id: 'spot-btc-usdt',
      instrument: 'spot:BTC/USDT',
      times: [0, 1, 2].map((second) => nowMs / 1_000 + second),
      venues: { binance: [100, 101, 102], kraken: [100.5, 100.5, 100.5] },
      opportunities: [{ openedAtMs: nowMs, closedAtMs: nowMs + 700 }],
    });
    expect(state.midHistory('unknown')).toBeUndefined();
  });

  test('a venue that falls silent leaves holes, and ten minutes are kept', () => {
    const state = fresh();
    state.market(marketUpdate(nowMs, 'spot:A/B', { binance: 1, kraken: 2 }, 0), nowMs);
    state.market(marketUpdate(nowMs + 1_000, 'spot:A/B', { binance: 1 }, 0), nowMs);
    expect(state.midHistory('spot-a-b')?.venues).toEqual({ binance: [1, 1], kraken: [2, null] });
    state.market(marketUpdate(nowMs + 600_500, 'spot:A/B', { binance: 3 }, 0), nowMs);
    expect(state.midHistory('spot-a-b')?.venues).toEqual({ binance: [1, 3], kraken: [null, null] });
  });

  test('most venues come first', () => {
    const state = fresh();
    state.market(marketUpdate(nowMs, 'spot:ONE/USD', { kraken: 1 }, 0), nowMs);
    state.market(marketUpdate(nowMs, 'spot:TWO/USD', { binance: 1, kraken: 1 }, 0), nowMs);
    expect(state.snapshot(nowMs).topInstruments.map(({ instrument }) => instrument)).toEqual([
      'spot:TWO/USD',
      'spot:ONE/USD',
    ]);
  });
});

describe('opportunities', () => {
  test('are one row each through their life, with their best', () => {
    const state = fresh();
    state.opportunity(opportunity(nowMs, { netBps: 10, profitUsd: 5 }));
    state.opportunity(opportunity(nowMs + 500, { state: 'updated', netBps: 14, profitUsd: 8 }));
    expect(state.snapshot(nowMs).opportunities).toMatchObject({ opened: 1, updated: 1, closed: 0, open: 1 });
    state.opportunity(
      opportunity(nowMs + 900, { state: 'closed', closeReason: 'spread_gone', netBps: -3, profitUsd: 0 }),
    );
    const { recent, ...counts } = state.snapshot(nowMs).opportunities;
    expect(counts).toEqual({ opened: 1, updated: 1, closed: 1, open: 0 });
    expect(recent).toHaveLength(1);
    expect(recent[0]).toMatchObject({
      state: 'closed',
      closeReason: 'spread_gone',
      netBps: -3,
      best: { netBps: 14, profitUsd: 8 },
      buy: { venue: 'kraken', origin: 'processed.quotes-2@48213' },
    });
  });

  test('open ones come before closed ones, and 200 are kept', () => {
    const state = fresh();
    state.opportunity(opportunity(nowMs, { opportunityId: 'still-open' }));
    for (let n = 0; n < 300; n++) state.opportunity(opportunity(nowMs, { opportunityId: `${n}`, state: 'closed' }));
    expect(state.opportunities()).toHaveLength(200);
    expect(state.opportunities()[0]?.id).toBe('still-open');
    expect(state.opportunities()[1]?.id).toBe('299');
  });
});

describe('suspect mappings', () => {
  test('are shown until they are believed again, those that disagree first', () => {
    const state = fresh();
    state.mapping('spot-eth-usdt', mapping(nowMs));
    state.market(marketUpdate(nowMs, 'spot:ETH/USDT', { binance: 3_188, kraken: 31.8 }, 0.1), nowMs);
    state.market(marketUpdate(nowMs, 'spot:BTC/USDT', { binance: 100, kraken: 100 }, 0.1), nowMs);
    const venues = [
      { venue: 'a', symbol: 'A', midPrice: 1, deviationBps: 2, suspect: false },
      { venue: 'b', symbol: 'B', midPrice: 9, deviationBps: 80_000, suspect: true },
    ];
    state.mapping('other', mapping(nowMs, { id: 'other', venues }));
    const { mappings, topInstruments } = state.snapshot(nowMs);
    expect(mappings).toMatchObject({ suspect: 2, suppressed: 0, ended: 0 });
    expect(mappings.recent.map(({ instrumentId }) => instrumentId)).toEqual(['other', 'spot-eth-usdt']);
    expect(mappings.recent[0]?.venues.map(({ venue }) => venue)).toEqual(['b', 'a']);
    expect(mappings.recent[1]).toMatchObject({
      instrument: 'spot:ETH/USDT',
      sinceMs: nowMs - 95_000,
      atMs: nowMs - 85_000,
      moreVenues: 0,
    });
    expect(topInstruments.map(({ id, suspect }) => [id, suspect])).toEqual([
      ['spot-btc-usdt', false],
      ['spot-eth-usdt', true],
    ]);

    state.mapping('spot-eth-usdt', mapping(nowMs, { state: 'confirmed' }));
    state.mapping('other', null);
    expect(state.snapshot(nowMs).mappings).toMatchObject({ suspect: 0, recent: [] });
    expect(state.snapshot(nowMs).topInstruments.some(({ suspect }) => suspect)).toBe(false);
  });

  test('count what they suppress and what they ended', () => {
    const state = fresh();
    const filtered = { 'arbitrage.suspect-mapping': 7, 'arbitrage.no-change': 90 };
    state.batch(account(nowMs, { stages: 'arbitrage', topic: 'processed.quotes', filtered }), nowMs, true);
    state.opportunity(opportunity(nowMs));
    state.opportunity(opportunity(nowMs, { state: 'closed', closeReason: 'suspect_mapping' }));
    state.opportunity(opportunity(nowMs, { opportunityId: '2', state: 'closed', closeReason: 'spread_gone' }));
    expect(state.snapshot(nowMs).mappings).toMatchObject({ suspect: 0, suppressed: 7, ended: 1 });
  });
});

describe('bounded memory', () => {
  test('names of records cannot grow it, nor reach prototypes', () => {
    const state = fresh();
    for (let n = 0; n < 1_000; n++)
      state.batch(
        account(nowMs, { filtered: { [`reason-${n}`]: 1 }, deadLetters: JSON.parse('{"__proto__":1}') }),
        nowMs,
        true,
      );
    const { filtered, deadLetters } = state.snapshot(nowMs);
    expect(Object.keys(filtered)).toHaveLength(201);
    expect(filtered.other).toBe(800);
    expect(Object.entries(deadLetters)).toEqual([['__proto__', 1_000]]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('lists and maps have limits', () => {
    const state = fresh();
    for (let n = 0; n < 1_500; n++) {
      state.collector(health(nowMs, { id: `task-${n}` }));
      state.gap(gap(nowMs, { id: `gap-${n}` }));
      const priced = { venue: `v${n}`, symbol: 'S', midPrice: 1, deviationBps: 900, suspect: true };
      const venues = Array.from({ length: 300 }, () => priced);
      state.mapping(`${n}`, mapping(nowMs, { id: `${n}`, venues, reason: 'because '.repeat(500) }));
      state.market(marketUpdate(nowMs, `spot:A${n}/USD`, { binance: 1 }, 0), nowMs);
      state.deadLetter({
        id: `${n}`,
        atMs: nowMs,
        stage: 'parse',
        code: 'frame_not_json',
        reason: '',
        origin: '',
        key: '',
        excerpt: '',
        bytes: 0,
      });
    }
    const snapshot = state.snapshot(nowMs);
    expect(snapshot.tasks).toHaveLength(500);
    expect(snapshot.gaps.open).toBe(500);
    expect(snapshot.mappings).toMatchObject({ suspect: 1_500 });
    expect(snapshot.mappings.recent).toHaveLength(40);
    expect(snapshot.mappings.recent[0]).toMatchObject({ instrumentId: '1499', moreVenues: 288 });
    expect(snapshot.mappings.recent[0]?.venues).toHaveLength(12);
    expect(snapshot.mappings.recent[0]?.reason.length).toBeLessThan(700);
    expect(snapshot.topInstruments).toHaveLength(20);
    expect(state.midHistory('spot-a499-usd')).toBeDefined();
    expect(state.midHistory('spot-a500-usd')).toBeUndefined();
    expect(state.deadLetters()).toHaveLength(100);
    expect(state.deadLetters()[0]?.id).toBe('1499');
  });
});

test('instruments and venues are counted by distinct key; tombstones take away', () => {
  const state = fresh();
  for (const id of ['a', 'b', 'a']) state.registered('instruments', id, true);
  state.registered('venues', 'binance', true);
  state.registered('instruments', 'b', false);
  expect(state.snapshot(nowMs)).toMatchObject({ instruments: 1, venues: 1 });
});
