/**
 * Invariant: of two writers with one transactional id, only the newer can commit, and nothing of the older is ever seen
 * by read-committed readers; whichever version of the transaction protocol the cluster speaks.
 */
import { TransactionalProducer } from '@alphapulse/kafka';
import { deadLetterTopic } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, until } from '../harness/kafka.ts';

const topic = deadLetterTopic('registry').name;
let kafka: Kafka;

beforeAll(async () => {
  kafka = await Kafka.connect();
});
afterAll(async () => {
  await kafka.close();
});

/** The end of a transaction is acknowledged before its markers stand in every partition. */
const settledMs = 10_000;

/** Values a read-committed reader sees of this test's records, in order within their partition. */
async function committed(prefix: string): Promise<string[]> {
  const partitions = await kafka.reader.partitions(topic);
  const values: string[] = [];
  await kafka.reader.readToEnd(
    partitions.map((partition) => ({ topic, partition, at: 'beginning' as const })),
    (records) => {
      for (const { value } of records) if (value?.toString().startsWith(prefix)) values.push(value.toString());
    },
  );
  return values;
}

describe.each([
  ['adds partitions with each request', 2],
  ['adds partitions beforehand', 1],
])('a writer that %s', (_name, transactionVersion) => {
  const prefix = `v${transactionVersion}`;
  const opened: TransactionalProducer[] = [];
  const open = async () => {
    const producer = new TransactionalProducer({
      config: kafka.config,
      transactionalId: `one-writer-${prefix}`,
      transactionVersion,
    });
    opened.push(producer);
    await producer.init([topic]);
    return producer;
  };
  const offset = async (group: string) => (await kafka.admin.committed(group, [topic])).get(topic)?.get(0);
  const append = (producer: TransactionalProducer, text: string, partition?: number) =>
    producer.append(topic, Buffer.from(text), text, null, Buffer.from(`${prefix} ${text}`), 0, undefined, partition);

  afterAll(async () => {
    await Promise.all(opened.map((producer) => producer.disconnect()));
  });

  test('commits many transactions after one another, each whole and in order', async () => {
    const producer = await open();
    for (let transaction = 0; transaction < 40; transaction++) {
      for (let record = 0; record < 3; record++) append(producer, `${transaction}.${record}`, 1);
      // Some are sent in two parts, as a checkpoint makes it.
      if (transaction % 3 === 0) await producer.flush();
      append(producer, `${transaction}.last`, 1);
      await producer.commitRecords();
    }
    const expected = Array.from({ length: 40 }, (_, transaction) =>
      ['0', '1', '2', 'last'].map((record) => `${prefix} ${transaction}.${record}`),
    ).flat();
    await until(async () => (await committed(prefix)).length >= expected.length, settledMs, 'the last transaction');
    expect(await committed(prefix)).toEqual(expected);
  });

  test('commits offsets with the records, or neither', async () => {
    const group = `one-writer-group-${prefix}`;
    const producer = await open();
    append(producer, 'with offsets');
    await producer.commit(group, [{ topic, partition: 0, offset: 7, metadata: '{"round":1}' }]);
    await until(async () => (await offset(group)) === 7, settledMs, 'the first offset');

    append(producer, 'without');
    await producer.flush();
    const next = await open();
    await expect(producer.commit(group, [{ topic, partition: 0, offset: 9, metadata: null }])).rejects.toMatchObject({
      code: 'producer_fenced',
    });
    expect(await offset(group)).toBe(7);
    await next.commit(group, [{ topic, partition: 0, offset: 8, metadata: null }]);
    await until(async () => (await offset(group)) === 8, settledMs, 'the second offset');
    const values = await committed(prefix);
    expect(values).toContain(`${prefix} with offsets`);
    expect(values).not.toContain(`${prefix} without`);
  });

  test('is fenced by the next one, which settles what it left open', async () => {
    const first = await open();
    append(first, 'left open');
    await first.flush();
    const second = await open();
    append(second, 'second');
    await second.commitRecords();
    append(first, 'too late');
    await expect(first.commitRecords()).rejects.toMatchObject({ code: 'producer_fenced' });
    // The end that a read-committed reader sees is past the second's record: nothing is left open before it.
    await until(async () => (await committed(prefix)).includes(`${prefix} second`), settledMs, 'the second’s record');
    expect(await committed(prefix)).not.toContain(`${prefix} left open`);
    expect(await committed(prefix)).not.toContain(`${prefix} too late`);
  });
});
