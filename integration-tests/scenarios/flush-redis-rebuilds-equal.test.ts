import { dumpRedis } from '@alphapulse/app-registry/dump-redis.ts';
import { systemClock } from '@alphapulse/core';
import { allKinds, redisKeys, statusField, topicOf } from '@alphapulse/registry';
import { freePort, type Stack } from '@alphapulse/stack';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, until } from '../harness/kafka.ts';
import { OwnRedis } from '../harness/own-redis.ts';
import { deadLetterFacts, poisonFor, sendMarked } from '../harness/poison.ts';
import { type AppProcess, startApp } from '../harness/processes.ts';
import { appendRecords, differences, expectedDump, firstRecords, laterRecords } from '../harness/rich-registry.ts';
import { stackEnvironment, startTestStack } from '../harness/stack.ts';

const deadLetters = 'dlq.registry';
const instruments = 25_000;

interface Health {
  readonly status: string;
  readonly redisCurrent: boolean;
}

describe('flush redis, rebuilds equal', () => {
  let stack: Stack;
  let kafka: Kafka;
  let redis: OwnRedis;
  let expected: string[];
  let url: string;
  let registry: AppProcess;

  const start = async (...args: string[]) => {
    const port = await freePort(0);
    url = `http://127.0.0.1:${port}`;
    return startApp('registry', args, { REGISTRY_PORT: String(port), REDIS_URL: redis.url });
  };
  const offsets = () => redis.connection.client.hgetall(redisKeys.offsets);
  const epochs = async () => {
    const status = await redis.connection.client.hgetall(redisKeys.status);
    return new Map(allKinds.map((kind) => [kind, status[statusField.epoch(kind)]]));
  };
  /** Waits until Redis stands where the topics end; says what is other than the topics make it. */
  const wrong = async () => {
    const wanted = new Map<string, string>();
    for (const [id, end] of await kafka.ends(allKinds.map((kind) => topicOf[kind].name))) wanted.set(id, String(end));
    await until(
      async () => {
        const found = await offsets();
        return [...wanted].every(([id, end]) => found[id] === end);
      },
      60_000,
      'Redis to stand where the topics end',
    );
    return differences(await dumpRedis(redis.connection), expected);
  };
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const health = async () => (await get('/healthz')).body as Health;
  const healthy = (status: string) =>
    until(
      () =>
        health().then(
          (found) => found.status === status,
          () => false,
        ),
      60_000,
      `/healthz to say ${status}`,
    );

  beforeAll(async () => {
    // A stack and a Redis of its own: no other scenario's records, and nobody else is disturbed by the flushing.
    stack = await startTestStack({ name: 'flush-redis', local: true });
    Object.assign(process.env, stackEnvironment(stack));
    redis = await OwnRedis.start();
    kafka = await Kafka.connect();
    await appendRecords(kafka, firstRecords(instruments));
    expected = await expectedDump(kafka, allKinds);
    registry = await start();
  }, 120_000);

  afterAll(async () => {
    await registry.kill('SIGKILL');
    await kafka.close();
    await redis.stop();
    await stack.stop();
  }, 60_000);

  test('Redis holds what the topics make, and follows them', async () => {
    expect(await wrong()).toEqual([]);
    await redis.backUp();
    await appendRecords(kafka, laterRecords(instruments));
    expected = await expectedDump(kafka, allKinds);
    expect(await wrong()).toEqual([]);
    for (const kind of allKinds) expect(expected.some((line) => line.startsWith(redisKeys.entities(kind)))).toBe(true);
    for (const key of [...['symbol', 'token', 'isin', 'type', 'instrument', 'leg']].map((name) => `index:${name}`))
      expect(expected.some((line) => line.startsWith(`alphapulse:registry:${key} `))).toBe(true);
    expect(expected.length).toBeGreaterThan(100_000);
  }, 120_000);

  test('flushed while the registry runs, Redis is rebuilt equal', async () => {
    await redis.connection.client.flushall();
    expect(await wrong()).toEqual([]);
  }, 90_000);

  test('flushed in the middle of a rebuild and killed: what the next process finds, it keeps and completes', async () => {
    let done: string[] = [];
    let missing: string[] = [];
    const ends = await kafka.ends(allKinds.map((kind) => topicOf[kind].name));
    // The kill may come too late by chance, which is seen: then it is done again.
    for (let attempt = 0; attempt < 10 && (done.length === 0 || missing.length === 0); attempt++) {
      await redis.connection.client.flushall();
      await until(async () => Object.values(await offsets()).some((next) => Number(next) > 0), 30_000, 'the rebuild');
      await systemClock.sleep(attempt * 50);
      await registry.kill('SIGKILL');
      const found = await offsets();
      const stands = (id: string) => Number(found[id] ?? 0);
      done = [...ends].filter(([id, end]) => end > 0 && stands(id) === end).map(([id]) => id);
      missing = [...ends].filter(([id, end]) => stands(id) < end).map(([id]) => id);
      if (done.length === 0 || missing.length === 0) registry = await start();
    }
    expect(missing).not.toEqual([]);
    expect(differences(await dumpRedis(redis.connection), expected)).not.toEqual([]);
    const before = await epochs();
    registry = await start();
    expect(await wrong()).toEqual([]);
    // No kind was emptied again: what had been written counted.
    expect(await epochs()).toEqual(before);
  }, 180_000);

  test('a Redis restored from an older copy catches up without a rebuild', async () => {
    await redis.kill();
    await redis.startFromBackUp();
    const before = await epochs();
    expect(await wrong()).toEqual([]);
    expect(await epochs()).toEqual(before);
  }, 90_000);

  test('only what is lost is rebuilt; a position beyond the log’s end is another log’s', async () => {
    const before = await epochs();
    await redis.connection.client.hset(redisKeys.offsets, `${topicOf.tokens.name}/0`, 10_000_000);
    await redis.connection.client.hset(redisKeys.entities('tokens'), 'dd', '{}');
    await redis.connection.client.hdel(redisKeys.offsets, `${topicOf.mappings.name}/2`);
    await redis.connection.client.unlink(redisKeys.leg);
    // The process takes what it has written for granted until it is told otherwise: a position that is gone.
    await until(async () => (await epochs()).get('tokens') !== before.get('tokens'), 60_000, 'tokens to be rebuilt');
    expect(await wrong()).toEqual([]);
    const changed = [...(await epochs())].filter(([kind, epoch]) => epoch !== before.get(kind)).map(([kind]) => kind);
    expect(changed).toEqual(['synthetics', 'tokens', 'mappings']);
  }, 90_000);

  test('a copy of another cluster’s topics is taken out, however well its positions fit', async () => {
    await registry.kill('SIGKILL');
    await redis.connection.client.hset(redisKeys.status, statusField.cluster, 'another-cluster-0000000');
    await redis.connection.client.hset(redisKeys.entities('venues'), 'dd', '{}');
    registry = await start();
    await until(
      async () => (await redis.connection.client.hexists(redisKeys.entities('venues'), 'dd')) === 0,
      60_000,
      'the other cluster’s venue to go',
    );
    expect(await wrong()).toEqual([]);
  }, 90_000);

  test('two processes at once, and one for each role, write the same copy', async () => {
    const second = await start();
    await redis.connection.client.flushall();
    expect(await wrong()).toEqual([]);
    await appendRecords(kafka, firstRecords(500));
    expected = await expectedDump(kafka, allKinds);
    expect(await wrong()).toEqual([]);
    await second.kill('SIGKILL');
    await registry.kill('SIGKILL');

    await redis.connection.client.flushall();
    const roles = [
      await start('--role', 'venue'),
      await start('--role', 'synthetic'),
      await start('--role', 'instrument'),
    ];
    expect(await wrong()).toEqual([]);
    for (const role of roles) await role.kill('SIGKILL');
    registry = await start();
    await healthy('ok');
  }, 120_000);

  test('without Redis everything is still served, and said; an empty one that comes back is filled', async () => {
    await healthy('ok');
    await until(async () => (await get('/readyz')).status === 200, 60_000, 'the topics to be read');
    const [line = ''] = expected.filter((each) => /^alphapulse:registry:venues /.test(each));
    const venue = line.split(' ')[1] ?? '';
    await redis.kill();
    await healthy('degraded');
    expect(await get(`/venues/${venue}`)).toMatchObject({ status: 200, body: { id: venue } });
    expect((await health()).redisCurrent).toBe(false);
    await redis.start();
    expect(await wrong()).toEqual([]);
    await healthy('ok');
  }, 90_000);

  test('corrupt records go to dlq.registry once, whoever meets them how often; the rest is served', async () => {
    const before = await kafka.ends([deadLetters]);
    const sent = new Map<string, { code: string; value: Buffer | null }>();
    for (const kind of allKinds) {
      const { name } = topicOf[kind];
      const good = (await kafka.records(name)).find(({ value }) => value !== null);
      const ends = await kafka.ends([name]);
      // Without a value it would be a tombstone.
      const poisons = poisonFor(good?.value as Buffer).filter(({ value }) => value !== null);
      for (const partition of await kafka.reader.partitions(name)) {
        let offset = ends.get(`${name}/${partition}`) ?? 0;
        for (const { name: poison, value, code } of poisons) {
          sendMarked(kafka, topicOf[kind], poison, 'dead', value, systemClock.nowMs(), partition);
          sent.set(`${name}/${partition}/${offset++}`, { code, value });
        }
        sendMarked(kafka, topicOf[kind], 'no key', 'not a key', good?.value ?? null, systemClock.nowMs(), partition);
        sent.set(`${name}/${partition}/${offset++}`, { code: 'record_undecodable', value: good?.value ?? null });
      }
      await kafka.producer.flush();
    }
    // Met by two processes at once, one of them killed; then again by a rebuild from the beginning.
    const second = await start();
    await systemClock.sleep(200);
    await second.kill('SIGKILL');
    await appendRecords(kafka, laterRecords(200));
    expected = await expectedDump(kafka, allKinds);
    expect(await wrong()).toEqual([]);
    await redis.connection.client.flushall();
    await registry.kill('SIGKILL');
    registry = await start();
    expect(await wrong()).toEqual([]);

    const letters = await kafka.records(deadLetters, before);
    const places = letters.map((letter) => {
      const { topic, partition, offset } = deadLetterFacts(letter);
      return `${topic}/${partition}/${offset}`;
    });
    expect([...places].sort()).toEqual([...sent.keys()].sort());
    for (const [at, letter] of letters.entries()) {
      const { stage, code, reason } = deadLetterFacts(letter);
      const { value, code: wanted } = sent.get(places[at] ?? '') ?? {};
      expect({ stage, code, value: letter.value }).toEqual({ stage: 'registry', code: wanted, value });
      expect(['dead', 'not a key']).toContain(String(letter.key));
      expect(reason).not.toBe('');
    }
    await healthy('ok');
  }, 120_000);
});
