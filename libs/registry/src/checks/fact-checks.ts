import { refuse } from './refuse.ts';

/** Facts as they come: their shape was promised, not proven. */
export type Loose<F> = { readonly [Name in keyof F]?: unknown };

/** Refuses facts that a kind does not have, so that a misspelt one is not taken for one left out. */
export function checkNames(facts: object, known: readonly string[], at = ''): void {
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts))
    refuse('fact_invalid', at.replace(/\.$/, ''), 'not an object of facts');
  for (const name of Object.keys(facts)) {
    if (!known.includes(name)) refuse('fact_invalid', `${at}${name}`, `no such fact; there are ${known.join(', ')}`);
  }
}

/** A text without control characters and unpaired surrogates; surrounding white space is cut. */
export function checkText(path: string, value: unknown, maxLength = 256): string {
  if (typeof value !== 'string') return refuse('fact_invalid', path, `must be a text, not ${shown(value)}`);
  const text = value.trim();
  if (text === '') refuse('fact_invalid', path, 'must not be empty');
  if (text.length > maxLength) refuse('fact_invalid', path, `must not be longer than ${maxLength} characters`);
  if (/[\p{Cc}\p{Cs}]/u.test(text)) refuse('fact_invalid', path, 'must not have control characters');
  return text;
}

export function checkNumber(
  path: string,
  value: unknown,
  { above, min, max }: { readonly above?: number; readonly min?: number; readonly max?: number },
): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    return refuse('fact_invalid', path, `must be a finite number, not ${shown(value)}`);
  if (above !== undefined && value <= above) refuse('fact_invalid', path, `must be above ${above}, not ${value}`);
  if (min !== undefined && value < min) refuse('fact_invalid', path, `must be at least ${min}, not ${value}`);
  if (max !== undefined && value > max) refuse('fact_invalid', path, `must be at most ${max}, not ${value}`);
  return value;
}

export function checkOneOf<T extends string>(path: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  return found ?? refuse('fact_invalid', path, `must be one of ${allowed.join(', ')}, not ${shown(value)}`);
}

/** Microseconds since the Unix epoch; whole numbers are exact until the year 2255. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Checks what is stated: what is left out stays left out, null stays null where a fact can be taken back. */
export function optional<T>(value: unknown, check: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : check(value);
}

export function nullable<T>(value: unknown, check: (value: unknown) => T): T | null | undefined {
  return value === null ? null : optional(value, check);
}

/** A value as error messages show it. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
