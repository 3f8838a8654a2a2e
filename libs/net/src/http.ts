import {
  type Clock,
  FatalError,
  type HttpRequest,
  type HttpResponse,
  type Log,
  RetriableError,
} from '@alphapulse/core';
import { backoffMs } from './backoff.ts';
import type { HostLimits } from './host-limits.ts';
import { AnswerTooLargeError, type Exchange, HttpClient } from './http-exchange.ts';
import { rateLimitResetMs, retryAfterMs } from './retry-after.ts';
import { shownEndpoint } from './shown-endpoint.ts';
import { TokenBucket } from './token-bucket.ts';

/** A wait that the venue asks for is sat out up to this long; for a longer one the caller is told. */
const patienceMs = 60_000;
/** How much of a refusal's body is kept for people. */
const excerptBytes = 500;

export interface HttpDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly hosts: HostLimits;
  readonly ca?: string | Buffer;
  nextId(host: string): string;
}

interface Origin {
  readonly connectionId: string;
  sequence: number;
}

/** What came of one attempt that did not succeed, and whether another makes sense. */
interface Setback {
  readonly error: RetriableError;
  readonly final: boolean;
}

/** HTTP with manners: see `Net.http`. */
export class Http {
  readonly #deps: HttpDeps;
  readonly #client: HttpClient;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #origins = new Map<string, Origin>();

  constructor(deps: HttpDeps) {
    this.#deps = deps;
    this.#client = new HttpClient(deps.ca);
  }

  async request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const url = httpUrl(request.url);
    const shown = shownEndpoint(request.url);
    const attempts = request.attempts ?? 5;
    for (let attempt = 1; ; attempt++) {
      await this.#permission(request, url, shown, signal);
      const result = await this.#attempt(request, url, shown, signal);
      if ('status' in result) return result;
      if (result.final || attempt >= attempts || signal.aborted) throw result.error;
      const asked = result.error.retryAfterMs;
      const waitMs = asked ?? backoffMs(attempt - 1, this.#deps.random);
      this.#deps.log.warn({ url: shown, attempt, waitMs, error: result.error.message }, 'request will be repeated');
      await this.#deps.clock.sleep(waitMs, signal);
    }
  }

  /** Waits for the bucket and for the end of a ban. @throws RetriableError when aborted or when the ban is long. */
  async #permission(request: HttpRequest, url: URL, shown: string, signal: AbortSignal): Promise<void> {
    const { hosts } = this.#deps;
    do {
      const blockedMs = hosts.blockedMs(url.host);
      if (blockedMs > patienceMs) throw rateLimited(shown, blockedMs, {});
      await hosts.unblocked(url.host, signal);
      if (request.bucket) await this.#bucket(request.bucket).take(request.bucket.cost ?? 1, signal);
      if (signal.aborted) throw aborted(shown);
      // The host may have sent others away while this one queued.
    } while (hosts.blockedMs(url.host) > 0);
  }

  #bucket({ name, perMinute, windowMs = 60_000 }: NonNullable<HttpRequest['bucket']>): TokenBucket {
    let bucket = this.#buckets.get(name);
    if (!bucket) {
      bucket = TokenBucket.within(this.#deps.clock, { limit: (perMinute * windowMs) / 60_000, windowMs });
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }

  async #attempt(request: HttpRequest, url: URL, shown: string, signal: AbortSignal): Promise<HttpResponse | Setback> {
    const { timeoutMs = 10_000, maxBytes = 64 * 1024 * 1024 } = request;
    const { clock } = this.#deps;
    const limit = new AbortController();
    const over = new AbortController();
    const stop = () => limit.abort();
    signal.addEventListener('abort', stop, { once: true });
    let timedOut = false;
    void clock.sleep(timeoutMs, over.signal).then(() => {
      if (over.signal.aborted) return;
      timedOut = true;
      limit.abort();
    });
    try {
      const exchange = await this.#client.exchange({
        method: request.method ?? 'GET',
        url,
        headers: request.headers ?? {},
        body: request.body,
        maxBytes,
        signal: limit.signal,
      });
      return this.#judge(exchange, url, shown);
    } catch (cause) {
      if (signal.aborted) return { error: aborted(shown), final: true };
      const details = { url: shown, ...(timedOut ? { timeoutMs } : {}) };
      if (cause instanceof AnswerTooLargeError) {
        const error = new RetriableError('venue_refused', `${shown}: ${cause.message}`, { cause, details });
        return { error, final: true };
      }
      const why = timedOut ? `no answer within ${timeoutMs} ms` : reasonOf(cause);
      return { error: new RetriableError('venue_unavailable', `${shown}: ${why}`, { cause, details }), final: false };
    } finally {
      over.abort();
      signal.removeEventListener('abort', stop);
    }
  }

  #judge({ status, headers, body }: Exchange, url: URL, shown: string): HttpResponse | Setback {
    const { clock, hosts } = this.#deps;
    if (status >= 200 && status < 300) {
      const origin = this.#origin(url);
      const contentType = headers['content-type'] ?? 'application/octet-stream';
      const { connectionId } = origin;
      const sequence = origin.sequence++;
      return {
        status,
        body,
        contentType,
        origin: { endpoint: shown, connectionId, sequence, receivedTime: clock.nowUs() },
      };
    }
    const details = { url: shown, status, body: body.subarray(0, excerptBytes).toString() };
    const asked =
      retryAfterMs(headers['retry-after'], headers.date, clock.nowMs()) ??
      rateLimitResetMs(headers['ratelimit-remaining'], headers['ratelimit-reset']);
    if (status === 418 || status === 429) {
      // Without a wish of its own, a ban (418) lasts a minute and a warning (429) a few seconds.
      const waitMs = asked ?? (status === 418 ? 60_000 : 5_000);
      hosts.block(url.host, waitMs);
      return { error: rateLimited(shown, waitMs, details), final: waitMs > patienceMs };
    }
    if (status >= 500) {
      const patient = asked !== undefined && asked <= patienceMs ? { retryAfterMs: asked } : {};
      const error = new RetriableError('venue_unavailable', `${shown}: HTTP ${status}`, { details, ...patient });
      return { error, final: false };
    }
    return { error: new RetriableError('venue_refused', `${shown}: HTTP ${status}`, { details }), final: true };
  }

  /** All answers of a host count as one connection: which socket they came over is no concern of anybody. */
  #origin(url: URL): Origin {
    let origin = this.#origins.get(url.host);
    if (!origin) {
      origin = { connectionId: this.#deps.nextId(url.host), sequence: 0 };
      this.#origins.set(url.host, origin);
    }
    return origin;
  }
}

function httpUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new FatalError('config_invalid', `url: ${shownEndpoint(text)} is not an address`, { cause });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FatalError('config_invalid', `url: ${shownEndpoint(text)} is neither http nor https`);
  return url;
}

function rateLimited(shown: string, waitMs: number, details: Readonly<Record<string, unknown>>): RetriableError {
  return new RetriableError('venue_rate_limited', `${shown}: the venue asks to wait ${waitMs} ms`, {
    details: { url: shown, ...details },
    retryAfterMs: waitMs,
  });
}

function aborted(shown: string): RetriableError {
  return new RetriableError('venue_unavailable', `${shown}: aborted`, { details: { url: shown, aborted: true } });
}

/** A refused connection to a name with several addresses is an AggregateError without a message. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
