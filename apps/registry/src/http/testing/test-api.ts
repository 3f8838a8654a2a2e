import { type Outcome, Registrar, RegistryView, type Statement } from '@alphapulse/registry';
import { MemoryLog, memorySchemas } from '@alphapulse/registry/testing/memory-log.ts';
import { QuietLog } from '@alphapulse/registry/testing/quiet-log.ts';
import { ManualClock } from '@alphapulse/testkit';
import type { FastifyInstance } from 'fastify';
import { createMetrics } from '../../metrics.ts';
import { type Role, servedBy } from '../../roles.ts';
import { createApi } from '../api.ts';
import type { Access } from '../authorization.ts';
import { NameIndex } from '../name-index.ts';
import type { StatePort } from '../ports.ts';
import { fillSamples, startUs } from './sample-registry.ts';

export const writeToken = 'write-token-of-the-tests';
export const authorization = `Bearer ${writeToken}`;

export interface TestApiOptions {
  readonly role?: Role;
  readonly access?: Partial<Access>;
  /** Whether the topics are read; default true. */
  readonly started?: boolean;
  /** Who is asked to write; default one that writes to the registry in memory, facts to hold at once. */
  readonly registrar?: StatePort;
}

/** An API over a small registry in memory, two hours after that begins. */
export class TestApi {
  readonly app: FastifyInstance;
  readonly view: RegistryView;
  readonly log = new MemoryLog();
  readonly clock = new ManualClock(startUs + 2 * 3_600_000_000);
  readonly lines = new QuietLog();
  readonly registrar: StatePort & { readonly stated: readonly Statement[][] };
  redisAvailable = true;
  readonly #ownRegistrar: Registrar;
  #url = '';

  constructor({ role = 'all', access = {}, registrar }: TestApiOptions = {}) {
    const names = new NameIndex();
    fillSamples(this.log);
    const ports = () => ({
      ...{ reader: this.log.reader(), ends: this.log.reader(), schemas: memorySchemas },
      ...{ clock: this.clock, log: this.lines },
    });
    this.view = new RegistryView(ports(), { kinds: servedBy(role), onChange: (change) => names.changed(change) });
    this.#ownRegistrar = new Registrar({ ...ports(), producer: this.log.producer() }, { changeLeadMs: 0 });
    const stated: Statement[][] = [];
    this.registrar = {
      stated,
      state: async (statements, options) => {
        stated.push([...statements]);
        return (registrar ?? this.#ownRegistrar).state(statements, options);
      },
    };
    const materialiser = {
      current: true,
      written: 3,
      rebuilds: 1,
      corrupt: 0,
      lag: new Map([['listings', 2] as const]),
    };
    const redisAvailable = () => this.redisAvailable;
    const { view, clock, lines } = this;
    this.app = createApi({
      ...{ view, role, names, clock, log: lines, registrar: this.registrar },
      access: { writeToken, reads: 'open', readToken: undefined, ...access },
      cache: { available: redisAvailable, materialiser },
      metrics: createMetrics({ view, materialiser, redisAvailable, deadLetters: { written: 0 } }),
    });
  }

  /** A started one; `stop` it. */
  static async start(options: TestApiOptions = {}): Promise<TestApi> {
    const api = new TestApi(options);
    if (options.started !== false) await api.view.start();
    api.#url = await api.app.listen({ host: '127.0.0.1', port: 0 });
    return api;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.#ownRegistrar.close();
    await this.view.close();
  }

  async get<T = Body>(path: string, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.send('GET', path, { headers });
  }

  async post<T = Body>(path: string, body: unknown, headers: Record<string, string> = { authorization }) {
    return this.send<T>('POST', path, {
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  async send<T = Body>(method: string, path: string, options: RequestInit = {}): Promise<Answer<T>> {
    const response = await fetch(this.#url + path, { ...options, method });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    const { status, headers } = response;
    return { status, headers, body: (isJson && text !== '' ? JSON.parse(text) : text) as T };
  }
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** What answers may hold, as far as the tests look. */
export interface Body {
  readonly items: readonly { readonly id: string; readonly name: string; readonly takerFeeBps: number }[];
  readonly next: string | null;
  readonly id: string;
  readonly code: string;
  readonly path: string;
  readonly message: string;
  readonly takerFeeBps: number;
}

/** What a registrar says of a statement that is new. */
export function registered({ kind }: Statement): Outcome {
  return { kind, id: 'a'.repeat(32), identity: `${kind}:x`, outcome: 'registered' };
}
