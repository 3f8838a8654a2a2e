import { parse } from 'node:querystring';

const numbers = new Set(['limit']);
const flags = new Set(['superseded', 'atomic']);

/**
 * The parameters of a query string. Those that are numbers or flags are read as such here, because the validator must
 * not turn texts into numbers anywhere: in a body, `"18"` decimals are a mistake.
 */
export function parseQuery(text: string): Record<string, unknown> {
  const query: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(parse(text))) {
    if (numbers.has(name) && typeof value === 'string' && /^-?\d{1,9}$/.test(value)) query[name] = Number(value);
    else if (flags.has(name) && (value === 'true' || value === 'false')) query[name] = value === 'true';
    else query[name] = value;
  }
  return query;
}
