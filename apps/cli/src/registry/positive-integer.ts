import { UsageError } from '../usage-error.ts';

/** A whole number from 1. @throws UsageError naming the option. */
export function positiveInteger(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < 1) throw new UsageError(`${option}: ${text} is no whole number from 1`);
  return value;
}
