import { readFileSync } from 'node:fs';
import { FatalError, type Log } from '@alphapulse/core';
import type { SASLOptions } from 'kafkajs';

export interface KafkaConfig {
  readonly brokers: string[];
  readonly clientId: string;
  readonly log: Log;
  /** TLS with verification on; `ca` is a PEM file for private authorities. */
  readonly tls?: { readonly ca?: string };
  readonly sasl?: SASLOptions;
}

/**
 * Reads KAFKA_BROKERS, and for secured clusters KAFKA_TLS=true, KAFKA_TLS_CA_FILE, KAFKA_SASL_MECHANISM,
 * KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE. Secrets never reach a log.
 */
export function kafkaConfigFromEnv(clientId: string, log: Log, env: NodeJS.ProcessEnv = process.env): KafkaConfig {
  const brokers = (env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(',').map((broker) => broker.trim());
  const tls =
    env.KAFKA_TLS === 'true'
      ? { tls: env.KAFKA_TLS_CA_FILE ? { ca: readFileSync(env.KAFKA_TLS_CA_FILE, 'utf8') } : {} }
      : {};
  const mechanism = env.KAFKA_SASL_MECHANISM;
  if (!mechanism) return { brokers, clientId, log, ...tls };
  if (mechanism !== 'plain' && mechanism !== 'scram-sha-256' && mechanism !== 'scram-sha-512') {
    throw new FatalError(
      'config_invalid',
      `KAFKA_SASL_MECHANISM must be plain, scram-sha-256 or scram-sha-512, not ${mechanism}`,
    );
  }
  const username = env.KAFKA_SASL_USERNAME;
  const password = env.KAFKA_SASL_PASSWORD_FILE
    ? readFileSync(env.KAFKA_SASL_PASSWORD_FILE, 'utf8').trim()
    : env.KAFKA_SASL_PASSWORD;
  if (!username || !password)
    throw new FatalError(
      'config_invalid',
      'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD (or _FILE) are needed with KAFKA_SASL_MECHANISM',
    );
  return { brokers, clientId, log, ...tls, sasl: { mechanism, username, password } as SASLOptions };
}

/** The security settings in kafkajs's form. */
export function securityOptions(config: KafkaConfig): { ssl?: { ca?: string[] } | true; sasl?: SASLOptions } {
  return {
    ...(config.tls ? { ssl: config.tls.ca ? { ca: [config.tls.ca] } : (true as const) } : {}),
    ...(config.sasl ? { sasl: config.sasl } : {}),
  };
}
