import { describe, expect, test } from '@jest/globals';
import { commandLog, connection } from './connection.ts';

const log = commandLog('test');
const local = () => ({ brokers: ['127.0.0.1:19092'], schemaRegistryUrl: 'http://127.0.0.1:18081/apis/ccompat/v7' });

describe('connection', () => {
  test('the environment comes first, and a part of it is enough', () => {
    const given = connection(log, { KAFKA_BROKERS: 'a:1,b:2', SCHEMA_REGISTRY_URL: 'http://c' }, local);
    expect([given.kafka.brokers, given.schemaRegistryUrl]).toEqual([['a:1', 'b:2'], 'http://c']);
    expect(connection(log, { KAFKA_BROKERS: 'a:1' }, local).kafka.brokers).toEqual(['a:1']);
    expect(connection(log, { SCHEMA_REGISTRY_URL: 'http://c' }, local).kafka.brokers).toEqual(['127.0.0.1:9092']);
  });

  test('else the local stack that runs, else the usual ports', () => {
    const running = connection(log, {}, local);
    expect([running.kafka.brokers, running.schemaRegistryUrl]).toEqual([
      ['127.0.0.1:19092'],
      'http://127.0.0.1:18081/apis/ccompat/v7',
    ]);
    expect(connection(log, { KAFKA_BROKERS: '' }, local).kafka.brokers).toEqual(['127.0.0.1:19092']);
    const usual = connection(log, {}, () => undefined);
    expect([usual.kafka.brokers, usual.schemaRegistryUrl]).toEqual([['127.0.0.1:9092'], 'http://127.0.0.1:8081']);
  });
});
