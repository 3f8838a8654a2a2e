import { topicOf } from '@alphapulse/registry';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { matches } from './etags.ts';
import { bitcoinListing, samples, startUs } from './testing/sample-registry.ts';
import { TestApi } from './testing/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const etagOf = async (path: string) => (await api.get(path)).headers.get('etag') ?? 'none';
const again = (path: string, tag: string) => api.get<string>(path, { 'if-none-match': tag });

describe('entity tags', () => {
  const present = `/listings/${bitcoinListing.id}`;
  const past = `${present}?asOf=2026-03-01`;

  test.each([present, past, `${present}/versions`, '/venues', '/collisions', '/mappings', '/lookup/isin/US0378331005'])(
    '%s is not sent again while it is the same',
    async (path) => {
      const tag = await etagOf(path);
      const { status, body, headers } = await again(path, tag);
      expect([status, body]).toEqual([304, '']);
      expect(headers.get('etag')).toBe(tag);
      expect(headers.get('cache-control')).toBe('no-cache');
      expect((await again(path, `W/${tag}, "other"`)).status).toBe(304);
      expect((await again(path, '"other"')).status).toBe(200);
    },
  );

  test('change with the registry', async () => {
    const tags = await Promise.all([past, present, '/mappings'].map(etagOf));
    const [venue] = samples.venues;
    api.log.append(topicOf.venues, (venue as { id: string }).id, { ...venue, country: 'MT' });
    await api.view.catchUp();
    // The registry is another now, though not these facts: the past is asked for again, and the present compared.
    expect((await again(past, tags[0] as string)).status).toBe(200);
    expect((await again(present, tags[1] as string)).status).toBe(304);
    expect((await again('/mappings', tags[2] as string)).status).toBe(200);
    expect((await again('/venues', tags[1] as string)).status).toBe(200);
  });

  test('of what holds now change when a validity begins, without any record', async () => {
    const tag = await etagOf(present);
    const { id } = bitcoinListing;
    const validFrom = startUs + 3 * 3_600_000_000;
    const later = { ...bitcoinListing, takerFeeBps: 5, validFrom, recordedTime: startUs };
    api.log.append(topicOf.listings, `${id}@${startUs + 3_600_000_000}`, {
      ...bitcoinListing,
      ...{ takerFeeBps: 7.5, validFrom: startUs + 3_600_000_000, validTo: validFrom, recordedTime: startUs },
    });
    api.log.append(topicOf.listings, id, later);
    await api.view.catchUp();
    const before = await etagOf(present);
    expect(before).not.toBe(tag);
    expect((await again(present, before)).status).toBe(304);
    await api.clock.advance(2 * 3_600_000);
    expect(await again(present, before)).toMatchObject({ status: 200, body: { takerFeeBps: 5 } });
  });

  test('are not given to errors, which are not stored', async () => {
    for (const path of ['/instruments/ff', '/instruments/ff?asOf=2026-01-01', '/listings?limit=0', '/mappings/ff']) {
      const { headers } = await api.get(path);
      expect([path, headers.get('etag'), headers.get('cache-control')]).toEqual([path, null, 'no-store']);
    }
  });
});

test('If-None-Match is a list of tags, compared weakly, or a star', () => {
  expect(matches(undefined, '"a"')).toBe(false);
  expect(matches('"a"', '"a"')).toBe(true);
  expect(matches('W/"a"', '"a"')).toBe(true);
  expect(matches('"b", W/"a"', '"a"')).toBe(true);
  expect(matches('*', '"a"')).toBe(true);
  expect(matches('"b"', '"a"')).toBe(false);
  expect(matches('a', '"a"')).toBe(false);
});
