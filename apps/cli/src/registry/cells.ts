import type { Kind } from '@alphapulse/registry';
import { formatEnd, formatStart, formatTimeUs } from './format-time.ts';

/** Columns that fit a screen; `--wide` shows every field. */
export const columns: Readonly<Record<Kind, readonly string[]>> = {
  assets: ['id', 'code', 'kind', 'name', 'aliases', 'tokens'],
  venues: ['id', 'name', 'kind', 'mic', 'country', 'timeZone', 'status'],
  instruments: ['id', 'identity', 'type', 'isin', 'ticker', 'name'],
  listings: ['id', 'venue', 'symbol', 'instrument', 'status', 'tickSize', 'lotSize', 'makerFeeBps', 'takerFeeBps'],
  synthetics: ['id', 'name', 'kind', 'formula', 'legs'],
  tokens: ['id', 'chain', 'address', 'symbol', 'decimals', 'asset'],
  pools: ['id', 'dex', 'blockchain', 'poolAddress', 'token0Id', 'token1Id', 'feeTier'],
  mappings: ['id', 'instrument', 'state', 'limitBps', 'sinceTime', 'reason'],
  collisions: ['id', 'entity', 'existingIdentity', 'rejectedIdentity', 'detectedTime'],
};

/** A record with its fields by name, whatever its kind. */
export type Fields = Readonly<Record<string, unknown>>;

/** A field as people read it: ids shortened unless `wide`, times in UTC, lists joined by commas. */
export function cell(name: string, value: unknown, { wide }: { readonly wide: boolean }): string {
  if (name === 'validFrom') return formatStart(value as number);
  if (name === 'validTo') return formatEnd(value as number | null);
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string' && /^(id|\w+Id)$/.test(name)) return wide ? value : shortId(value);
  if (typeof value === 'number' && /(Time|createdAt)$/.test(name)) return formatTimeUs(value);
  if (Array.isArray(value)) return value.map((item) => listItem(item, wide)).join(', ') || '–';
  return String(value);
}

/** The beginning of an id, which is enough to name it where it is unique. */
export function shortId(id: string): string {
  return `${id.slice(0, 8)}…`;
}

function listItem(item: unknown, wide: boolean): string {
  if (typeof item !== 'object' || item === null) return String(item);
  const fields = item as Record<string, unknown>;
  if ('instrumentId' in fields) return leg(fields, wide);
  if ('chain' in fields) return `${fields.chain}:${fields.address}:${fields.decimals}`;
  if ('midPrice' in fields) return `${fields.venue} ${fields.midPrice}${fields.suspect === true ? ' (suspect)' : ''}`;
  return JSON.stringify(item);
}

function leg({ name, instrumentId, weight, venue }: Record<string, unknown>, wide: boolean): string {
  const id = wide ? String(instrumentId) : shortId(String(instrumentId));
  return `${weight === 1 ? '' : `${weight} × `}${name} = ${id}${venue === null ? '' : ` on ${venue}`}`;
}
