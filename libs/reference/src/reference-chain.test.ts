import { ManualClock } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import { ReferenceChain } from './reference-chain.ts';
import type { ProviderAnswer, ReferenceProvider } from './reference-provider.ts';
import type { FactName, SecurityFacts } from './security-facts.ts';
import { keyText, type SecurityKey } from './security-key.ts';
import { recordingLog } from './testing/settle.ts';

const never = new AbortController().signal;
const apple: SecurityKey = { by: 'isin', isin: 'US0378331005' };
const sap: SecurityKey = { by: 'isin', isin: 'DE0007164600' };
const failure = { outcome: 'failed', code: 'reference_unavailable', message: 'away' } as const;

/** A provider in memory that remembers what it was asked. */
class Shelf implements ReferenceProvider {
  readonly name: string;
  readonly gives: readonly FactName[];
  readonly asked: string[][] = [];
  answers: Readonly<Record<string, SecurityFacts | ProviderAnswer>>;
  gate: Promise<void> = Promise.resolve();

  constructor(name: string, gives: readonly FactName[], answers: Shelf['answers'] = {}) {
    this.name = name;
    this.gives = gives;
    this.answers = answers;
  }

  async lookUp(keys: readonly SecurityKey[]): Promise<Map<string, ProviderAnswer>> {
    this.asked.push(keys.map(keyText));
    await this.gate;
    return new Map(
      keys.map((key) => {
        const answer = this.answers[keyText(key)];
        if (answer === undefined) return [keyText(key), { outcome: 'unknown' }];
        return [keyText(key), 'outcome' in answer ? answer : { outcome: 'found', facts: answer }];
      }),
    );
  }
}

function gate(): { readonly promise: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open: () => open() };
}

function chainOf(...providers: Shelf[]) {
  const clock = new ManualClock();
  const log = recordingLog();
  const chain = new ReferenceChain({ providers, clock, log, signal: never });
  const one = async (key: SecurityKey) => (await chain.lookUp([key], never)).get(keyText(key));
  return { chain, clock, log, one };
}

const file = (answers: Shelf['answers'] = {}) => new Shelf('csv', ['name', 'sector', 'ticker'], answers);
const service = (answers: Shelf['answers'] = {}) => new Shelf('openfigi', ['figi', 'name', 'ticker'], answers);

describe('a chain of providers', () => {
  test('asks the next only for keys with something missing that it gives', async () => {
    const full = new Shelf('full', ['figi', 'name', 'ticker', 'sector', 'cusip'], {
      [keyText(apple)]: { figi: 'F', name: 'Apple', ticker: 'AAPL', sector: 'Technology' },
      [keyText(sap)]: { name: 'SAP', ticker: 'SAP', figi: 'G' },
    });
    const next = service();
    const sectors = new Shelf('sectors', ['sector'], { [keyText(sap)]: { sector: 'Software' } });
    const { chain } = chainOf(full, next, sectors);
    const answers = await chain.lookUp([apple, sap], never);
    expect(next.asked).toEqual([]);
    expect(sectors.asked).toEqual([[keyText(sap)]]);
    expect(answers.get(keyText(sap))).toMatchObject({ facts: { name: 'SAP', sector: 'Software' } });
  });

  test('believes the earlier, says who stated what, and who disagrees', async () => {
    const { one } = chainOf(
      file({ [keyText(apple)]: { name: 'Apple Inc.', sector: 'Technology' } }),
      service({ [keyText(apple)]: { figi: 'BBG000B9XRY4', name: 'APPLE INC', ticker: 'AAPL' } }),
    );
    expect(await one(apple)).toEqual({
      outcome: 'found',
      facts: {
        isin: 'US0378331005',
        cusip: '037833100',
        name: 'Apple Inc.',
        sector: 'Technology',
        figi: 'BBG000B9XRY4',
        ticker: 'AAPL',
      },
      provenance: { isin: 'key', cusip: 'isin', name: 'csv', sector: 'csv', figi: 'openfigi', ticker: 'openfigi' },
      disagreements: [{ fact: 'name', kept: 'Apple Inc.', keptFrom: 'csv', said: 'APPLE INC', saidBy: 'openfigi' }],
      failures: [],
    });
  });

  test('knows that nobody knows, and does not take failure for it', async () => {
    const { one } = chainOf(file(), service({ [keyText(sap)]: failure }));
    expect(await one(apple)).toEqual({ outcome: 'unknown', failures: [] });
    expect(await one(sap)).toEqual({
      outcome: 'failed',
      failures: [{ provider: 'openfigi', code: 'reference_unavailable', message: 'away' }],
    });
  });

  test('an answer that is missing is a failure', async () => {
    const silent = service();
    silent.lookUp = () => Promise.resolve(new Map());
    const { one, log } = chainOf(silent);
    expect(await one(apple)).toMatchObject({ outcome: 'failed' });
    expect(log.lines.join()).toContain('reference lookup failed');
  });

  test('refuses keys that are none before it asks anybody', async () => {
    const provider = file();
    const { chain } = chainOf(provider);
    for (const [key, code] of [
      [{ by: 'isin', isin: 'US0378331006' }, 'isin_invalid'],
      [{ by: 'cusip', cusip: '037833101' }, 'cusip_invalid'],
      [{ by: 'ticker', ticker: 'AAPL', mic: 'XNYX' }, 'mic_invalid'],
      [{ by: 'ticker', ticker: 'A B', mic: 'XNAS' }, 'fact_invalid'],
    ] as const) {
      await expect(chain.lookUp([apple, key], never)).rejects.toMatchObject({ code });
    }
    expect(provider.asked).toEqual([]);
  });
});

describe('memory of a chain', () => {
  test('answers again without asking, a day when found and an hour when unknown', async () => {
    const provider = file({ [keyText(apple)]: { name: 'Apple' } });
    const { chain, clock } = chainOf(provider);
    await chain.lookUp([apple, sap], never);
    await clock.advance(3_599_999);
    await chain.lookUp([apple, sap], never);
    expect(provider.asked).toHaveLength(1);
    await clock.advance(1);
    await chain.lookUp([apple, sap], never);
    expect(provider.asked.slice(1)).toEqual([[keyText(sap)]]);
    await clock.advance(86_400_000);
    await chain.lookUp([apple], never);
    expect(provider.asked.at(-1)).toEqual([keyText(apple)]);
  });

  test('does not remember what a failure left incomplete', async () => {
    const away = service({ [keyText(apple)]: failure });
    const { one } = chainOf(file({ [keyText(apple)]: { name: 'Apple' } }), away);
    expect(await one(apple)).toMatchObject({ outcome: 'found', failures: [{ provider: 'openfigi' }] });
    away.answers = { [keyText(apple)]: { figi: 'F' } };
    expect(await one(apple)).toMatchObject({ facts: { name: 'Apple', figi: 'F' }, failures: [] });
  });

  test('is bounded', async () => {
    const provider = file();
    const chain = new ReferenceChain({
      ...{ providers: [provider], clock: new ManualClock(), log: recordingLog(), signal: never },
      maxCached: 1,
    });
    await chain.lookUp([apple], never);
    await chain.lookUp([sap], never);
    await chain.lookUp([apple], never);
    expect(provider.asked).toHaveLength(3);
  });

  test('asks once for what many ask at once, twice in one call included', async () => {
    const provider = file({ [keyText(apple)]: { name: 'Apple' } });
    const { promise, open } = gate();
    provider.gate = promise;
    const { chain } = chainOf(provider);
    const lookups = [
      chain.lookUp([apple, apple], never),
      chain.lookUp([apple], never),
      chain.lookUp([sap, apple], never),
    ];
    open();
    const answers = await Promise.all(lookups);
    for (const each of answers) expect(each.get(keyText(apple))).toMatchObject({ facts: { name: 'Apple' } });
    expect(provider.asked).toEqual([[keyText(apple)], [keyText(sap)]]);
  });

  test('a caller that leaves does not spoil it for the others', async () => {
    const provider = file({ [keyText(apple)]: { name: 'Apple' } });
    const { promise, open } = gate();
    provider.gate = promise;
    const { chain } = chainOf(provider);
    const leaving = new AbortController();
    const left = chain.lookUp([apple], leaving.signal);
    const stays = chain.lookUp([apple], never);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'reference_unavailable' });
    await expect(chain.lookUp([apple], leaving.signal)).rejects.toMatchObject({ code: 'reference_unavailable' });
    open();
    expect((await stays).get(keyText(apple))).toMatchObject({ outcome: 'found' });
  });

  test('a bug in a provider reaches whoever waits, and the next lookup asks again', async () => {
    const provider = file();
    provider.gate = Promise.reject(new TypeError('bug'));
    const { one } = chainOf(provider);
    await expect(one(apple)).rejects.toThrow('bug');
    provider.gate = Promise.resolve();
    expect(await one(apple)).toMatchObject({ outcome: 'unknown' });
  });
});
