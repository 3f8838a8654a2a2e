import { levelsText } from './binance-rest.ts';
import type { MarketEvent, VenueMarket } from './protocol.ts';

type BookChange = Extract<MarketEvent, { kind: 'book' }>;

/**
 * Book changes of a symbol, gathered over windows and merged into one depthUpdate each, whose U and u leave no hole.
 * As on the venue, a window is the same for every connection, whenever it subscribed: so a roll-over misses nothing.
 * Windows follow the market's time, so a market played twice gives the same frames, whatever the machine does.
 */
export class DepthWindow {
  /** Windows closed so far. */
  closed = 0;
  /** The depthUpdate of the window closed last. */
  frame = '';
  readonly #symbol: string;
  readonly #lengthUs: number;
  #endUs = 0;
  #first = 0;
  #last = 0;
  #timeUs = 0;
  #open = false;
  #grown = false;
  #tickUs = 0;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();

  constructor(symbol: string, lengthUs: number) {
    this.#symbol = symbol;
    this.#lengthUs = lengthUs;
  }

  /** Takes a change in; every connection hands in every change, and the first to do so counts. */
  feed(change: BookChange): void {
    if (change.lastUpdateId <= this.#last) return;
    // Nobody listened for a while: what the window held is of no use.
    if (this.#open && change.firstUpdateId !== this.#last + 1) this.#clear();
    if (this.#open && change.timeUs >= this.#endUs) this.#close();
    if (!this.#open) {
      this.#open = true;
      this.#first = change.firstUpdateId;
      this.#endUs = (Math.floor(change.timeUs / this.#lengthUs) + 1) * this.#lengthUs;
    }
    this.#grown = true;
    this.#last = change.lastUpdateId;
    this.#timeUs = change.timeUs;
    for (const [price, size] of change.bids) this.#bids.set(price, size);
    for (const [price, size] of change.asks) this.#asks.set(price, size);
  }

  /** Closes a window that nothing has come to since the tick before. */
  tick(nowUs: number): void {
    if (nowUs === this.#tickUs) return;
    this.#tickUs = nowUs;
    if (this.#open && !this.#grown) this.#close();
    this.#grown = false;
  }

  #close(): void {
    const ms = Math.floor(this.#timeUs / 1000);
    const bids = levelsText([...this.#bids].sort((a, b) => b[0] - a[0]));
    const asks = levelsText([...this.#asks].sort((a, b) => a[0] - b[0]));
    const ids = `"U":${this.#first},"u":${this.#last}`;
    this.frame = `{"e":"depthUpdate","E":${ms},"s":"${this.#symbol}",${ids},"b":${bids},"a":${asks}}`;
    this.closed++;
    this.#clear();
  }

  #clear(): void {
    this.#open = false;
    this.#bids.clear();
    this.#asks.clear();
  }
}

const windowsOf = new WeakMap<VenueMarket, Map<string, DepthWindow>>();

/** The window of a symbol's depth stream, `depth@100ms` or `depth` (a second), which all connections to the market share. */
export function sharedDepthWindow(market: VenueMarket, symbol: string, channel: string): DepthWindow {
  const windows = windowsOf.get(market) ?? new Map<string, DepthWindow>();
  windowsOf.set(market, windows);
  const key = `${symbol}@${channel}`;
  const window = windows.get(key) ?? new DepthWindow(symbol, channel === 'depth' ? 1_000_000 : 100_000);
  windows.set(key, window);
  return window;
}
