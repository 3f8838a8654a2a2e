import type { SimulatedPair } from './protocol.ts';

/** A pair's name on the WebSocket v2 feed: `BTC/USD`. */
export function krakenSymbol({ base, quote }: SimulatedPair): string {
  return `${base}/${quote}`;
}

let cachedSecond = -1;
let cachedText = '';

/** RFC 3339 with microseconds, as all v2 frames carry it; the text of the second is kept, it rarely changes. */
export function rfc3339(timeUs: number): string {
  const second = Math.floor(timeUs / 1_000_000);
  if (second !== cachedSecond) {
    cachedSecond = second;
    cachedText = new Date(second * 1000).toISOString().slice(0, 19);
  }
  return `${cachedText}.${String(Math.floor(timeUs) - second * 1_000_000).padStart(6, '0')}Z`;
}
