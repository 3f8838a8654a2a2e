import type { FrameContext } from '@alphapulse/core';
import { channelOfStream, frameHead, streamOf, symbolOfStream, textOf } from './scan.ts';

const channelOfEvent: Readonly<Record<string, string>> = { depthUpdate: 'depth', markPriceUpdate: 'markPrice' };

/**
 * Key and channel of a frame from what it holds and where it came from.
 * What cannot be told is `unscanned`; it goes to raw all the same.
 */
export function describeFrame(frame: FrameContext): { key: string; channel: string } {
  if (frame.requestUrl !== undefined) return describeResponse(frame.requestUrl);
  const head = frameHead(frame.payload);
  const stream = utf8(streamOf(head));
  if (stream !== undefined && isKey(stream)) {
    return { key: symbolOfStream(stream) ?? stream, channel: channelOfStream(stream) };
  }
  const symbol = utf8(textOf(head, '"s":"'));
  const event = textOf(head, '"e":"');
  if (symbol !== undefined && isKey(symbol)) {
    if (event !== undefined && isKey(event)) return { key: symbol, channel: channelOfEvent[event] ?? event };
    // Spot book tickers are the only frames with a symbol and no event type.
    if (head.startsWith('{"u":')) return { key: symbol, channel: 'bookTicker' };
  }
  // A depth answer without its request, inlined between stream frames.
  if (head.startsWith('{"lastUpdateId":')) {
    const only = frame.bookSymbols?.length === 1 ? frame.bookSymbols[0] : undefined;
    return { key: only ?? 'unscanned', channel: 'rest/depth' };
  }
  if (isControl(head)) return { key: 'control', channel: 'control' };
  return { key: 'unscanned', channel: 'unscanned' };
}

/** Answers to our own requests: `{"result":null,"id":1}`, `{"error":{…},"id":1}`, `{"code":2,"msg":"…"}`. */
export function isControl(head: string): boolean {
  return (
    head.startsWith('{"result":') ||
    head.startsWith('{"error":') ||
    head.startsWith('{"code":') ||
    head.startsWith('{"id":')
  );
}

function describeResponse(requestUrl: string): { key: string; channel: string } {
  if (!URL.canParse(requestUrl)) return { key: 'unscanned', channel: 'unscanned' };
  const url = new URL(requestUrl);
  const name = url.pathname.split('/').at(-1) ?? '';
  const symbol = url.searchParams.get('symbol');
  return { key: symbol !== null && isKey(symbol) ? symbol : name || 'unscanned', channel: `rest/${name}` };
}

/** A hostile frame must not choose an endless or invisible key. */
function isKey(text: string): boolean {
  return text.length > 0 && text.length <= 64 && !/[\p{C}\p{Z}]/u.test(text);
}

function utf8(latin1: string | undefined): string | undefined {
  return latin1 === undefined ? undefined : Buffer.from(latin1, 'latin1').toString('utf8');
}
