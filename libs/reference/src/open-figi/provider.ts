import { type HttpResponse, type Net, RetriableError } from '@alphapulse/core';
import type { Failure, ProviderAnswer, ReferenceProvider } from '../reference-provider.ts';
import type { FactName } from '../security-facts.ts';
import { keyText, type SecurityKey } from '../security-key.ts';
import type { OpenFigiConfig } from './config.ts';
import { factsOfListings } from './facts-of-listings.ts';
import { jobOf, type MappingResult, parseResults } from './protocol.ts';

/** Never ISIN, CUSIP or sector: OpenFIGI takes the first two as input only, and knows no sector of the issuer. */
const gives: readonly FactName[] = ['figi', 'shareClassFigi', 'ticker', 'name', 'securityType'];

/**
 * Limits of the service, https://www.openfigi.com/api/documentation#rate-limits: requests in a window, and jobs in a
 * request. Without a key sources speak of ten jobs and of five; a request that is too large (413) is cut in half, and
 * the smaller size is kept from then on.
 */
const limits = {
  withKey: { requests: 25, windowMs: 6_000, jobs: 100 },
  withoutKey: { requests: 25, windowMs: 60_000, jobs: 10 },
} as const;

export interface OpenFigiOptions extends OpenFigiConfig {
  readonly net: Net;
  /** Of one attempt. Default 30 s: hundreds of listings take their time. */
  readonly timeoutMs?: number;
}

/** Looks securities up at OpenFIGI, v3, in batches within its limits. */
export function createOpenFigiProvider(options: OpenFigiOptions): ReferenceProvider {
  const client = new OpenFigiClient(options);
  return { name: 'openfigi', gives, lookUp: (keys, signal) => client.lookUp(keys, signal) };
}

class OpenFigiClient {
  readonly #options: OpenFigiOptions;
  readonly #limits: (typeof limits)[keyof typeof limits];
  #jobsPerRequest: number;

  constructor(options: OpenFigiOptions) {
    this.#options = options;
    this.#limits = options.apiKey === undefined ? limits.withoutKey : limits.withKey;
    this.#jobsPerRequest = this.#limits.jobs;
  }

  async lookUp(keys: readonly SecurityKey[], signal: AbortSignal): Promise<Map<string, ProviderAnswer>> {
    const answers = new Map<string, ProviderAnswer>();
    let rest = keys;
    while (rest.length > 0) {
      const batch = rest.slice(0, this.#jobsPerRequest);
      const results = await this.#map(batch, signal);
      if (results === 'too large') {
        this.#jobsPerRequest = Math.max(1, Math.floor(batch.length / 2));
        continue;
      }
      for (const [at, key] of batch.entries()) {
        const result = Array.isArray(results) ? (results[at] as MappingResult) : results;
        answers.set(keyText(key), answerOf(key, result));
      }
      rest = rest.slice(batch.length);
      // The service is away or refuses the key: asking for the rest would only bring the same, later.
      if (!Array.isArray(results)) {
        for (const key of rest) answers.set(keyText(key), results);
        break;
      }
    }
    return answers;
  }

  /** Results of one request, in the order of the keys. */
  async #map(keys: readonly SecurityKey[], signal: AbortSignal): Promise<MappingResult[] | Failure | 'too large'> {
    const { net, url, apiKey, timeoutMs = 30_000 } = this.#options;
    const { requests, windowMs } = this.#limits;
    let response: HttpResponse;
    try {
      response = await net.http(
        {
          method: 'POST',
          url: `${url}/v3/mapping`,
          body: JSON.stringify(keys.map(jobOf)),
          headers: {
            'content-type': 'application/json',
            ...(apiKey === undefined ? {} : { 'x-openfigi-apikey': apiKey }),
          },
          bucket: { name: 'openfigi', perMinute: (requests * 60_000) / windowMs, windowMs },
          timeoutMs,
        },
        signal,
      );
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      if (error.details.status === 413 && keys.length > 1) return 'too large';
      return failureOf(error);
    }
    const results = parseResults(response.body, keys.length);
    if (results) return results;
    return failed('reference_unavailable', 'openfigi: the answer does not have the documented shape');
  }
}

function answerOf(key: SecurityKey, result: MappingResult | Failure): ProviderAnswer {
  if ('outcome' in result) return result;
  if ('error' in result) return failed('reference_refused', `openfigi: ${keyText(key)}: ${result.error.slice(0, 200)}`);
  if ('warning' in result || result.data.length === 0) return { outcome: 'unknown' };
  return { outcome: 'found', facts: factsOfListings(key, result.data) };
}

/** The words of the service are left out where they could repeat what was sent with the request. */
function failureOf(error: RetriableError): Failure {
  const { status } = error.details;
  if (status === 401 || status === 403)
    return failed('reference_refused', `openfigi: HTTP ${status}: the key in OPENFIGI_API_KEY is not accepted`);
  if (error.code === 'venue_refused' && typeof status === 'number')
    return failed('reference_refused', `openfigi: HTTP ${status}`);
  return failed('reference_unavailable', error.message);
}

function failed(code: Failure['code'], message: string): Failure {
  return { outcome: 'failed', code, message };
}
