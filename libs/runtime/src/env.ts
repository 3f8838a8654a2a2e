import { FatalError } from '@alphapulse/core';

/** A number from the environment. @throws FatalError `config_invalid` naming the variable. */
export function envNumber(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new FatalError('config_invalid', `${name} must be a number, not ${text}`);
  return value;
}

/**
 * Numeric settings from the environment: `thresholdBps` of prefix ARBITRAGE is ARBITRAGE_THRESHOLD_BPS. What is not set
 * has its default. @throws FatalError `config_invalid` naming the variable.
 */
export function envSettings<T extends { readonly [K in keyof T]: number }>(prefix: string, defaults: T): T {
  return Object.fromEntries(
    Object.entries<number>(defaults).map(([name, fallback]) => [name, envNumber(variableOf(prefix, name), fallback)]),
  ) as T;
}

function variableOf(prefix: string, name: string): string {
  return `${prefix}_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Address of the schema registry's Confluent API, from SCHEMA_REGISTRY_URL. */
export function schemaRegistryUrl(): string {
  return process.env.SCHEMA_REGISTRY_URL ?? 'http://127.0.0.1:8081';
}
