import { describe, expect, test } from '@jest/globals';
import { givenAddresses, givenStack } from './given-stack.ts';
import { freePort } from './ports.ts';

const all = { KAFKA_BROKERS: 'a:1, b:2,', SCHEMA_REGISTRY_URL: 'http://r/', REDIS_URL: 'redis://c' };

describe('given addresses', () => {
  test('are all three or none', () => {
    expect(givenAddresses(all)).toEqual({
      brokers: ['a:1', 'b:2'],
      schemaRegistryUrl: 'http://r',
      redisUrl: 'redis://c',
    });
    expect(givenAddresses({ KAFKA_BROKERS: ' ' })).toBeUndefined();
    expect(() => givenAddresses({ REDIS_URL: 'redis://c' })).toThrow(
      'KAFKA_BROKERS and SCHEMA_REGISTRY_URL must be set too',
    );
  });

  test('are named when they do not answer', async () => {
    const port = await freePort(0);
    const addresses = {
      brokers: [`127.0.0.1:${port}`],
      schemaRegistryUrl: `http://127.0.0.1:${port}`,
      redisUrl: `redis://127.0.0.1:${port}`,
    };
    await expect(givenStack(addresses)).rejects.toMatchObject({
      code: 'broker_unavailable',
      message: `No Kafka broker answers at 127.0.0.1:${port} (KAFKA_BROKERS).`,
    });
  });
});
