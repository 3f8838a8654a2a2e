import type { Log } from '@alphapulse/core';
import { type KafkaConfig, kafkaConfigFromEnv } from '@alphapulse/kafka';
import { createLogger } from '@alphapulse/runtime';
import { runningStack, type StackAddresses } from '@alphapulse/stack';

/** Where a command finds the cluster. */
export interface Connection {
  readonly kafka: KafkaConfig;
  readonly schemaRegistryUrl: string;
}

/**
 * Addresses from the environment (KAFKA_BROKERS, SCHEMA_REGISTRY_URL); when it names neither, those of the local stack
 * that `npm start` runs now; else the usual ports of this machine.
 */
export function connection(
  log: Log,
  env: NodeJS.ProcessEnv = process.env,
  local: () => Pick<StackAddresses, 'brokers' | 'schemaRegistryUrl'> | undefined = runningStack,
): Connection {
  // A variable that is set to nothing says nothing.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const kafka = kafkaConfigFromEnv('alphapulse-cli', log, given);
  const stack = given.KAFKA_BROKERS || given.SCHEMA_REGISTRY_URL ? undefined : local();
  if (stack) return { kafka: { ...kafka, brokers: [...stack.brokers] }, schemaRegistryUrl: stack.schemaRegistryUrl };
  return { kafka, schemaRegistryUrl: given.SCHEMA_REGISTRY_URL ?? 'http://127.0.0.1:8081' };
}

/** A log for commands whose own output is for people: silent unless LOG_LEVEL is set. */
export function commandLog(name: string): Log {
  const log = createLogger(name);
  log.level = process.env.LOG_LEVEL ?? 'silent';
  return log;
}
