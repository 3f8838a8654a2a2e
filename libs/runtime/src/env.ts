import { FatalError } from '@alphapulse/core';

/** A number from the environment. @throws FatalError `config_invalid` naming the variable. */
export function envNumber(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new FatalError('config_invalid', `${name} must be a number, not ${text}`);
  return value;
}

/** Address of the schema registry's Confluent API, from SCHEMA_REGISTRY_URL. */
export function schemaRegistryUrl(): string {
  return process.env.SCHEMA_REGISTRY_URL ?? 'http://127.0.0.1:8081';
}
