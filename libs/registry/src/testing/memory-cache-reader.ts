import type { CachedRecord, CacheReader, CacheState } from '../cache-reader.ts';
import type { Change } from '../decode.ts';
import { allKinds, type Kind, topicOf } from '../kinds.ts';

/** A copy of the registry in memory, as a client reads it; tests fill it, lose it and break it. */
export class MemoryCacheReader implements CacheReader {
  available = true;
  closed = false;
  clusterId: string | undefined;
  unreadable: string | undefined;
  generation = '1';
  readonly positions = new Map<string, number>(allKinds.map((kind) => [`${topicOf[kind].name}/0`, 0]));
  readonly followedMs = new Map<Kind, number>(allKinds.map((kind) => [kind, Number.POSITIVE_INFINITY]));
  readonly entities = new Map<Kind, Map<string, string>>(allKinds.map((kind) => [kind, new Map()]));
  /** What was asked, one entry a round trip. */
  readonly asked: (readonly { readonly venue: string; readonly symbol: string }[])[] = [];
  /** Called while the records of a kind are read. */
  onRead: (kind: Kind) => unknown = () => undefined;
  /** Awaited before listings are answered. */
  onAsked: () => Promise<void> = async () => undefined;

  put({ kind, key, value }: Pick<Change, 'kind' | 'key' | 'value'>): void {
    if (value) this.entities.get(kind)?.set(key, JSON.stringify(value));
    else this.entities.get(kind)?.delete(key);
  }

  async state(): Promise<CacheState> {
    this.#check();
    const { clusterId, unreadable, generation, followedMs } = this;
    return { positions: new Map(this.positions), clusterId, unreadable, generation, followedMs: new Map(followedMs) };
  }

  async *records(kind: Kind): AsyncGenerator<readonly CachedRecord[]> {
    this.#check();
    this.onRead(kind);
    this.#check();
    for (const [key, json] of this.entities.get(kind) ?? []) yield [{ key, json }];
  }

  async listings(asked: readonly { readonly venue: string; readonly symbol: string }[]): Promise<CachedRecord[][]> {
    this.asked.push(asked.map(({ venue, symbol }) => ({ venue, symbol })));
    await this.onAsked();
    this.#check();
    const all = [...(this.entities.get('listings') ?? [])].map(([key, json]) => ({ key, json }));
    return asked.map(({ venue, symbol }) =>
      all.filter(({ json }) => {
        const listing = JSON.parse(json) as { venue: string; symbol: string };
        return listing.venue === venue && listing.symbol === symbol;
      }),
    );
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #check(): void {
    if (!this.available) throw new Error('connection is closed');
  }
}
