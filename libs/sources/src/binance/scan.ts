/**
 * Reads the few facts collecting needs (stream, ids) straight from a frame's text, without parsing it as JSON.
 * Nothing here throws: whatever a frame holds, it can be written to raw.
 */

/** Bytes within which all facts stand: level lists come after them. */
const HEAD_BYTES = 400;
const WRAPPER = '{"stream":"';

/** The start of a frame, a character a byte. */
export function frameHead(payload: Buffer): string {
  return payload.toString('latin1', 0, HEAD_BYTES);
}

/** Stream of a combined frame `{"stream":"btcusdt@trade","data":…}`, one character a byte; undefined for other frames. */
export function streamOf(head: string): string | undefined {
  if (!head.startsWith(WRAPPER)) return undefined;
  const end = head.indexOf('"', WRAPPER.length);
  return end < 0 ? undefined : head.slice(WRAPPER.length, end);
}

/** The whole number after `"name":`, or undefined when it is missing, no plain number or beyond 2^53. */
export function numberOf(head: string, name: string): number | undefined {
  const found = head.indexOf(name);
  if (found < 0) return undefined;
  let value = 0;
  let at = found + name.length;
  for (; at < head.length; at++) {
    const digit = head.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return at > found + name.length && at < head.length && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** The text after `"name":"`, or undefined. */
export function textOf(head: string, name: string): string | undefined {
  const found = head.indexOf(name);
  if (found < 0) return undefined;
  const end = head.indexOf('"', found + name.length);
  return end < 0 ? undefined : head.slice(found + name.length, end);
}

/** Channel of a stream: `btcusdt@depth@100ms` is `depth`, `!miniTicker@arr` is `miniTicker`. */
export function channelOfStream(stream: string): string {
  const at = stream.indexOf('@');
  if (at < 0) return stream;
  if (stream.startsWith('!')) return stream.slice(1, at);
  const end = stream.indexOf('@', at + 1);
  return end < 0 ? stream.slice(at + 1) : stream.slice(at + 1, end);
}

/** Symbol of a stream, upper case; undefined for streams over all symbols. */
export function symbolOfStream(stream: string): string | undefined {
  const end = stream.indexOf('@');
  return end <= 0 || stream.startsWith('!') ? undefined : stream.slice(0, end).toUpperCase();
}
