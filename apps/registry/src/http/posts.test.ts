import { type ErrorCode, RetriableError } from '@alphapulse/core';
import type { Outcome, Statement } from '@alphapulse/registry';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { StatePort } from './ports.ts';
import { startUs } from './testing/sample-registry.ts';
import { authorization, registered, TestApi } from './testing/test-api.ts';

type State = StatePort['state'];

interface Posted {
  readonly code: string;
  readonly path: string;
  readonly outcomes: readonly Outcome[];
  readonly registered: number;
  readonly unchanged: number;
  readonly rejected: number;
}

let state: State;
let api: TestApi;
const provenance = 'prospectus';
const venue = { facts: { name: 'xlon', mic: 'XLON' }, provenance };

beforeAll(async () => {
  api = await TestApi.start({ registrar: { state: (...call) => state(...call) } });
});
afterAll(() => api.stop());
beforeEach(() => {
  state = async (statements) => statements.map(registered);
  (api.registrar.stated as Statement[][]).length = 0;
});

const rejecting =
  (code: ErrorCode, path: string): State =>
  async (statements) =>
    statements.map(({ kind }, at) =>
      at === statements.length - 1
        ? { kind, id: null, identity: null, outcome: 'rejected', problem: { code, path, message: 'It is so.' } }
        : { kind, id: null, identity: null, outcome: 'rejected' },
    );

describe('POST', () => {
  test('states one thing, or many, of the kind in the path', async () => {
    const one = await api.post<Posted>('/venues', venue);
    expect(one).toMatchObject({ status: 201, body: { registered: 1, unchanged: 0, rejected: 0 } });
    expect(api.registrar.stated[0]).toEqual([{ kind: 'venues', ...venue }]);
    const many = await api.post<Posted>('/venues', [venue, { ...venue, kind: 'venues', validFrom: 5, validTo: 7 }]);
    expect(many).toMatchObject({ status: 201, body: { registered: 2 } });
    expect(api.registrar.stated[1]?.[1]).toEqual({ kind: 'venues', ...venue, validFrom: 5, validTo: 7 });
    expect(many.headers.get('cache-control')).toBe('no-store');
  });

  test('reads times as people write them', async () => {
    const facts = { blockchain: 'ethereum', poolAddress: '0x1', dex: 'x', token0: '0x2', token1: '0x3' };
    const post = (createdAt: unknown, validFrom?: unknown) =>
      api.post<Posted>('/pools', [{ facts: { ...facts, createdAt }, provenance, ...(validFrom ? { validFrom } : {}) }]);
    expect(await post('2026-03-01', '2026-03-01T00:00:00Z')).toMatchObject({ status: 201 });
    expect(api.registrar.stated[0]).toMatchObject([{ facts: { createdAt: startUs }, validFrom: startUs }]);
    expect(await post(startUs)).toMatchObject({ status: 201 });
    expect(await post('then')).toMatchObject({ status: 400, body: { path: '0.facts.createdAt' } });
    expect(await post(1, 'then')).toMatchObject({ status: 400, body: { path: '0.validFrom' } });
  });

  test('passes on who says it and whether part of it will do', async () => {
    const options: unknown[] = [];
    state = async (statements, given) => {
      options.push(given);
      return statements.map(registered);
    };
    await api.post('/venues', venue);
    await api.post('/venues?source=reference-team&atomic=false', venue);
    expect(options).toEqual([
      { source: 'api', atomic: true },
      { source: 'reference-team', atomic: false },
    ]);
  });

  test('answers 200 when nothing is new, 201 when something is, whatever else was refused', async () => {
    state = async (statements) => statements.map((each) => ({ ...registered(each), outcome: 'unchanged' }));
    expect(await api.post<Posted>('/venues', venue)).toMatchObject({ status: 200, body: { unchanged: 1 } });
    state = async (statements) => [
      registered(statements[0] as Statement),
      ...((await rejecting('mic_invalid', 'mic')(statements.slice(1), { source: '' })) as Outcome[]),
    ];
    const partly = await api.post<Posted>('/venues?atomic=false', [venue, venue]);
    expect(partly).toMatchObject({ status: 201, body: { registered: 1, rejected: 1 } });
    expect(partly.body.outcomes[1]?.problem).toMatchObject({ code: 'mic_invalid', path: '1.facts.mic' });
  });

  test.each<[ErrorCode, number]>([
    ['identity_collision', 409],
    ['validity_overlaps', 409],
    ['isin_invalid', 422],
    ['leg_unknown', 422],
    ['synthetic_cyclic', 422],
    ['registry_busy', 503],
  ])('a statement rejected for %s answers %i, with the place in the body', async (code, status) => {
    state = rejecting(code, 'legs.0.instrument');
    expect(await api.post('/venues', venue)).toMatchObject({
      status,
      body: { code, path: 'facts.legs.0.instrument', message: 'It is so.' },
    });
    expect(await api.post('/venues', [venue, venue])).toMatchObject({
      status,
      body: { code, path: '1.facts.legs.0.instrument', outcomes: [{ outcome: 'rejected' }, { problem: { code } }] },
    });
    state = rejecting(code, 'validFrom');
    expect(await api.post('/venues', [venue])).toMatchObject({ body: { path: '0.validFrom' } });
  });

  test.each<[string, unknown, string]>([
    ['no facts', { provenance }, 'facts'],
    ['no provenance', { facts: venue.facts }, 'provenance'],
    ['an empty provenance', { ...venue, provenance: '' }, 'provenance'],
    ['a fact of another kind', { facts: { name: 'x', symbol: 'y' }, provenance }, 'facts.symbol'],
    ['a fact of a wrong type', { facts: { name: 5 }, provenance }, 'facts.name'],
    ['a number as text', [venue, { facts: { name: 'x', country: 5 }, provenance }], '1.facts.country'],
    ['a value that is none of a list', { facts: { name: 'x', kind: 'shop' }, provenance }, 'facts.kind'],
    ['another kind', { ...venue, kind: 'assets' }, 'kind'],
    ['nothing at all', [], ''],
    ['too much', Array(1_001).fill(venue), ''],
    ['a text', 'venue', ''],
    ['null', null, ''],
  ])('refuses %s', async (_what, body, path) => {
    const answer = await api.post('/venues', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    expect(answer.body.path ?? '').toBe(path);
    expect(api.registrar.stated).toEqual([]);
  });

  test('turns no text into a number', async () => {
    const facts = { chain: 'ethereum', address: '0x1', symbol: 'X', decimals: '18' };
    expect(await api.post('/tokens', { facts, provenance })).toMatchObject({
      status: 400,
      body: { path: 'facts.decimals' },
    });
  });

  test('says that the world is in the way, and when to come again', async () => {
    state = async () => {
      throw new RetriableError('broker_unavailable', 'no broker answers');
    };
    const answer = await api.post('/venues', venue);
    expect(answer).toMatchObject({ status: 503, body: { code: 'broker_unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  test('tells a bug to the log, and only that there is one to the client', async () => {
    state = async () => {
      throw new TypeError('secret state');
    };
    const answer = await api.post('/venues', venue, { authorization, 'x-request-id': 'mine-1' });
    expect(answer).toMatchObject({ status: 500, body: { code: 'unexpected' } });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    expect(answer.headers.get('x-request-id')).toBe('mine-1');
    expect(api.lines.lines.at(-1)).toMatchObject({ fields: { requestId: 'mine-1', error: 'secret state' } });
  });

  test('lets a bounded number of requests wait', async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    state = async (statements) => {
      await gate;
      return statements.map(registered);
    };
    const many = Array.from({ length: 33 }, () => api.post('/venues', venue));
    const first = await Promise.race(many);
    expect(first).toMatchObject({ status: 503, body: { code: 'registry_busy' } });
    go();
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(32);
  });
});
