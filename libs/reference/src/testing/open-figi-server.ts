import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@alphapulse/core';

/** What the server has on a security: how it can be asked for, and its listings as OpenFIGI writes them. */
export interface ServedSecurity {
  /** For example `{ ID_ISIN: 'US4592001014' }`. */
  readonly ids: Readonly<Record<string, string>>;
  /** MIC of each listing, where it has one, to answer `micCode` by. */
  readonly listings: readonly (Readonly<Record<string, unknown>> & { readonly mic?: string })[];
}

export interface OpenFigiServerOptions {
  readonly clock: Clock;
  readonly securities: readonly ServedSecurity[];
  readonly keys?: readonly string[];
  /** Default 25 a minute without a key, 25 in six seconds with one. */
  readonly requests?: number;
  /** Jobs in a request without a key. Default 10. */
  readonly jobsWithoutKey?: number;
}

interface Quota {
  left: number;
  endsMs: number;
}

/**
 * A local server that speaks `POST /v3/mapping` as OpenFIGI documents it: results by job, limits on jobs (413) and on
 * requests in a window (429) with the headers `ratelimit-limit`, `-remaining` and `-reset` on every answer, unknown
 * keys (401), bodies that are no jobs (400). https://www.openfigi.com/api/documentation
 */
export class OpenFigiServer {
  readonly #server: Server;
  readonly #options: OpenFigiServerOptions;
  readonly #quotas = new Map<string, Quota>();
  readonly #faults: ((response: ServerResponse) => void)[] = [];
  /** Status of every answer so far. */
  readonly statuses: number[] = [];
  /** Jobs of every request that was answered with results. */
  readonly batches: Readonly<Record<string, unknown>>[][] = [];

  private constructor(options: OpenFigiServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      response.on('finish', () => this.statuses.push(response.statusCode));
      void read(request).then((body) => this.#answer(request, body, response));
    });
  }

  static async start(options: OpenFigiServerOptions): Promise<OpenFigiServer> {
    const server = new OpenFigiServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next request is answered so instead, before anything is looked at. */
  fail(fault: (response: ServerResponse) => void): void {
    this.#faults.push(fault);
  }

  /** Uses up what is left of the quota, as another program with the same key or address would. */
  exhaust(key = ''): void {
    this.#quota(key).left = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const fault = this.#faults.shift();
    if (fault) {
      fault(response);
      return;
    }
    const { status, value } = this.#judge(request, body, response);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  }

  #judge(request: IncomingMessage, body: string, response: ServerResponse): { status: number; value: unknown } {
    const refusal = (status: number, error: string) => ({ status, value: { error } });
    if (request.url !== '/v3/mapping') return refusal(404, 'Not found');
    if (request.method !== 'POST') return refusal(405, 'Method not allowed');
    if (!request.headers['content-type']?.startsWith('application/json')) return refusal(415, 'Unsupported media type');
    const key = String(request.headers['x-openfigi-apikey'] ?? '');
    if (key !== '' && !this.#options.keys?.includes(key)) return refusal(401, 'Invalid API key.');
    const quota = this.#quota(key);
    const { requests = 25, clock, jobsWithoutKey = 10 } = this.#options;
    const allowed = quota.left > 0;
    quota.left = Math.max(0, quota.left - 1);
    response.setHeader('ratelimit-limit', requests);
    response.setHeader('ratelimit-remaining', quota.left);
    response.setHeader('ratelimit-reset', Math.ceil((quota.endsMs - clock.nowMs()) / 1000));
    if (!allowed) return refusal(429, 'Too many requests');
    const jobs = parse(body);
    if (!jobs) return refusal(400, 'Request body must be an array of jobs.');
    if (jobs.length > (key === '' ? jobsWithoutKey : 100)) return refusal(413, 'Too many jobs');
    this.batches.push(jobs);
    return { status: 200, value: jobs.map((job) => this.#result(job)) };
  }

  #result({ idType, idValue, micCode, exchCode }: Readonly<Record<string, unknown>>): unknown {
    if (!['ID_ISIN', 'ID_CUSIP', 'TICKER'].includes(String(idType))) return { error: 'Invalid idType.' };
    if (typeof idValue !== 'string' || idValue.length > 30) return { error: 'Invalid idValue format.' };
    if (micCode !== undefined && exchCode !== undefined) return { error: 'exchCode and micCode exclude one another.' };
    const data = this.#options.securities
      .filter(({ ids, listings }) =>
        idType === 'TICKER' ? listings.some(({ ticker }) => ticker === idValue) : ids[String(idType)] === idValue,
      )
      .flatMap(({ listings }) => listings)
      .filter(({ ticker }) => idType !== 'TICKER' || ticker === idValue)
      .filter(({ mic }) => micCode === undefined || mic === micCode)
      .map(({ mic: _, ...listing }) => listing);
    return data.length === 0 ? { warning: 'No identifier found.' } : { data };
  }

  #quota(key: string): Quota {
    const { clock, requests = 25 } = this.#options;
    let quota = this.#quotas.get(key);
    if (!quota || clock.nowMs() >= quota.endsMs) {
      quota = { left: requests, endsMs: clock.nowMs() + (key === '' ? 60_000 : 6_000) };
      this.#quotas.set(key, quota);
    }
    return quota;
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

function parse(body: string): Readonly<Record<string, unknown>>[] | null {
  try {
    const jobs: unknown = JSON.parse(body);
    const isJob = (job: unknown) => typeof job === 'object' && job !== null && 'idType' in job && 'idValue' in job;
    return Array.isArray(jobs) && jobs.length > 0 && jobs.every(isJob) ? jobs : null;
  } catch {
    return null;
  }
}
