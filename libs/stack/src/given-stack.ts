import { FatalError } from '@alphapulse/core';
import { kafkaAnswers, redisAnswers, registryAnswers } from './health.ts';
import type { Stack, StackAddresses } from './stack.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the addresses of a stack that somebody else runs.
 * Returns undefined when none of the three variables is set; a part of them is a mistake and throws.
 */
export function givenAddresses(env: Environment): StackAddresses | undefined {
  const names = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL'];
  const missing = names.filter((name) => (env[name] ?? '').trim() === '');
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) {
    throw new FatalError(
      'config_invalid',
      `${missing.join(' and ')} must be set too: give the addresses of all three parts, or of none.`,
    );
  }
  return {
    brokers: (env.KAFKA_BROKERS ?? '')
      .split(',')
      .map((broker) => broker.trim())
      .filter((broker) => broker !== ''),
    schemaRegistryUrl: (env.SCHEMA_REGISTRY_URL ?? '').trim().replace(/\/$/, ''),
    redisUrl: (env.REDIS_URL ?? '').trim(),
  };
}

/** Returns the given addresses as a stack after each part has answered; one that does not is named in the error. */
export async function givenStack(addresses: StackAddresses): Promise<Stack> {
  const [brokers, registry, redis] = await Promise.all([
    Promise.all(addresses.brokers.map(kafkaAnswers)),
    registryAnswers(addresses.schemaRegistryUrl),
    redisAnswers(addresses.redisUrl),
  ]);
  if (!brokers.includes(true)) {
    throw new FatalError(
      'broker_unavailable',
      `No Kafka broker answers at ${addresses.brokers.join(', ')} (KAFKA_BROKERS).`,
    );
  }
  if (!registry) {
    throw new FatalError(
      'schema_registry_unavailable',
      `No schema registry answers at ${addresses.schemaRegistryUrl} (SCHEMA_REGISTRY_URL).`,
    );
  }
  if (!redis) {
    throw new FatalError(
      'redis_unavailable',
      `Redis does not answer at ${withoutPassword(addresses.redisUrl)} (REDIS_URL).`,
    );
  }
  return { ...addresses, kind: 'given', stop: async () => undefined, ...noBrokerControl('given') };
}

/** The broker controls of stacks whose broker is not a process of ours. */
export function noBrokerControl(kind: string): Pick<Stack, 'restartBroker' | 'killBroker'> {
  const refuse = async () => {
    throw new FatalError('stack_failed', `The broker of a stack of kind '${kind}' cannot be stopped from here.`);
  };
  return { restartBroker: refuse, killBroker: refuse };
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@');
}
