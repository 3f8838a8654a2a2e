import { createBLAKE3, type IHasher } from 'hash-wasm';

/**
 * A digest of a topic's content that does not depend on partitioning, on the timing of batches or on how sources
 * interleave: blake3 over the records of each (key, source) in order, then over the sorted pairs.
 *
 * What depends on when and where a run happened is left out by the caller: our receive time and the raw offsets.
 */
export class TopicDigest {
  readonly #hasher: IHasher;
  readonly #empty: Uint8Array;
  readonly #states = new Map<string, { saved: Uint8Array; pending: Buffer[]; bytes: number }>();

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
    this.#empty = hasher.init().save();
  }

  static async create(): Promise<TopicDigest> {
    return new TopicDigest(await createBLAKE3());
  }

  /** Takes in the next record of a pair. */
  add(key: string, source: string, content: Buffer): void {
    const pair = `${key}\n${source}`;
    let state = this.#states.get(pair);
    if (!state) {
      state = { saved: this.#empty, pending: [], bytes: 0 };
      this.#states.set(pair, state);
    }
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(content.length);
    state.pending.push(length, content);
    state.bytes += content.length;
    if (state.bytes >= 65_536) this.#settle(state);
  }

  /** 64 hex digits. */
  digest(): string {
    const lines: string[] = [];
    for (const [pair, state] of [...this.#states].sort(([a], [b]) => (a < b ? -1 : 1))) {
      this.#settle(state);
      lines.push(`${pair}\n${this.#hasher.load(state.saved).digest('hex')}\n`);
    }
    return this.#hasher.init().update(lines.join('')).digest('hex');
  }

  #settle(state: { saved: Uint8Array; pending: Buffer[]; bytes: number }): void {
    this.#hasher.load(state.saved).update(Buffer.concat(state.pending));
    state.saved = this.#hasher.save();
    state.pending = [];
    state.bytes = 0;
  }
}
