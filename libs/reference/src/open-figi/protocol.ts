import type { SecurityKey } from '../security-key.ts';

/**
 * A job of `POST /v3/mapping`; the body is an array of them, the answer an array of results in the same order.
 * `exchCode` (Bloomberg's) and `micCode` (ISO 10383) exclude one another; this client sends MICs.
 * https://www.openfigi.com/api/documentation#v3-post-mapping
 */
export interface MappingJob {
  readonly idType: 'ID_ISIN' | 'ID_CUSIP' | 'TICKER';
  readonly idValue: string;
  readonly micCode?: string;
}

/** A listing in a result. There is no ISIN and no CUSIP in it: those are input only, for reasons of licence. */
export interface FigiListing {
  readonly figi: string;
  readonly name: string | null;
  readonly ticker: string | null;
  /** Bloomberg's code of the exchange, or of the country for the composite listing, for example `US`. */
  readonly exchCode: string | null;
  readonly compositeFIGI: string | null;
  readonly shareClassFIGI: string | null;
  readonly securityType: string | null;
}

/** `warning` says that nothing was found, `error` that the job was no good (or could not be done). */
export type MappingResult =
  | { readonly data: readonly FigiListing[] }
  | { readonly warning: string }
  | { readonly error: string };

export function jobOf(key: SecurityKey): MappingJob {
  const market = key.mic === undefined ? {} : { micCode: key.mic };
  if (key.by === 'isin') return { idType: 'ID_ISIN', idValue: key.isin, ...market };
  if (key.by === 'cusip') return { idType: 'ID_CUSIP', idValue: key.cusip, ...market };
  return { idType: 'TICKER', idValue: key.ticker, ...market };
}

/** The results in an answer's body, one a job; null where it does not have the documented shape. */
export function parseResults(body: Buffer, jobs: number): MappingResult[] | null {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (!Array.isArray(answer) || answer.length !== jobs) return null;
  const results = answer.map(parseResult);
  return results.every((result) => result !== null) ? results : null;
}

function parseResult(result: unknown): MappingResult | null {
  if (!isObject(result)) return null;
  if (typeof result.error === 'string') return { error: result.error };
  if (typeof result.warning === 'string') return { warning: result.warning };
  if (!Array.isArray(result.data)) return null;
  const data = result.data.map(parseListing);
  return data.every((listing) => listing !== null) ? { data } : null;
}

function parseListing(listing: unknown): FigiListing | null {
  if (!isObject(listing) || typeof listing.figi !== 'string') return null;
  return {
    figi: listing.figi,
    name: textOf(listing.name),
    ticker: textOf(listing.ticker),
    exchCode: textOf(listing.exchCode),
    compositeFIGI: textOf(listing.compositeFIGI),
    shareClassFIGI: textOf(listing.shareClassFIGI),
    securityType: textOf(listing.securityType),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
