import type { FrameContext } from '@alphapulse/core';
import { symbolOfRestPair } from './symbols.ts';

/** Where a frame belongs in the raw log: its symbol (or, without one, its channel) and its channel. */
export interface FrameFacts {
  readonly key: string;
  readonly channel: string;
}

/** What a frame is written as that none of the rules below understands. */
export const UNSCANNED: FrameFacts = { key: 'unscanned', channel: 'unscanned' };

const HEARTBEAT: FrameFacts = { key: 'heartbeat', channel: 'heartbeat' };
const CONTROL: FrameFacts = { key: 'control', channel: 'control' };

/** How much of a frame's beginning is looked at; the symbol of every v2 data frame stands in the first 100 bytes. */
const HEAD_BYTES = 400;
/** Enough for `,"book-1000","XBT/USD"]` at the end of a v1 frame. */
const TAIL_BYTES = 80;

/**
 * Reads key and channel off a frame without parsing it, so that it can be written before anything can fail on it.
 * Whether the frame is whole and valid is for the parser to find out.
 */
export function describeFrame(payload: Buffer): FrameFacts {
  const head = payload.toString('latin1', 0, Math.min(payload.length, HEAD_BYTES));
  if (head.startsWith('{"channel":"')) return describeData(head);
  if (head.startsWith('[')) return describeV1Data(payload);
  return describeOther(head);
}

/** As `Source.describe`: also for HTTP answers, by their address. */
export function describeContext(frame: FrameContext): FrameFacts {
  if (frame.requestUrl === undefined) return describeFrame(frame.payload);
  const url = new URL(frame.requestUrl, 'http://localhost');
  const channel = `rest/${url.pathname.split('/').pop() ?? ''}`;
  const pair = url.searchParams.get('pair');
  return { key: pair && !pair.includes(',') ? symbolOfRestPair(pair) : channel, channel };
}

/** `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD",…` */
function describeData(head: string): FrameFacts {
  const from = '{"channel":"'.length;
  const channel = head.slice(from, head.indexOf('"', from));
  if (channel === 'heartbeat') return HEARTBEAT;
  if (!isName(channel)) return UNSCANNED;
  return { key: symbolIn(head) ?? channel, channel };
}

/** `[1664,{…},"book-1000","WAVES/EUR"]`; the channel's parameter is dropped. */
function describeV1Data(payload: Buffer): FrameFacts {
  const tail = payload.toString('latin1', Math.max(0, payload.length - TAIL_BYTES));
  const match = /"([a-z]+)(?:-\d+)?"\s*,\s*"([^"\\]{1,40})"\s*\]\s*$/.exec(tail);
  return match ? { key: match[2] as string, channel: match[1] as string } : UNSCANNED;
}

/** Answers to requests, v1 events, and data frames whose fields stand in another order. */
function describeOther(head: string): FrameFacts {
  if (!/^\s*\{/.test(head)) return UNSCANNED;
  if (/"(?:method|error|Error)"\s*:/.test(head)) return { key: symbolIn(head) ?? 'control', channel: 'control' };
  const event = /"event"\s*:\s*"(\w{1,40})"/.exec(head)?.[1];
  if (event === 'heartbeat') return HEARTBEAT;
  if (event === 'systemStatus') return { key: 'status', channel: 'status' };
  if (event === 'subscriptionStatus') return { key: pairIn(head) ?? 'control', channel: 'control' };
  if (event !== undefined) return CONTROL;
  const channel = /"channel"\s*:\s*"([^"\\]{1,40})"/.exec(head)?.[1];
  if (channel === undefined || !isName(channel)) return UNSCANNED;
  return { key: symbolIn(head) ?? channel, channel };
}

function symbolIn(head: string): string | undefined {
  const at = head.indexOf('"symbol":"');
  if (at >= 0) {
    const from = at + '"symbol":"'.length;
    const symbol = head.slice(from, head.indexOf('"', from));
    return isSymbol(symbol) ? symbol : undefined;
  }
  const symbol = /"symbol"\s*:\s*"([^"\\]{1,40})"/.exec(head)?.[1];
  return symbol !== undefined && isSymbol(symbol) ? symbol : undefined;
}

function pairIn(head: string): string | undefined {
  const pair = /"pair"\s*:\s*"([^"\\]{1,40})"/.exec(head)?.[1];
  return pair !== undefined && isSymbol(pair) ? pair : undefined;
}

function isName(channel: string): boolean {
  return /^[a-z][a-z0-9_-]{0,39}$/.test(channel);
}

function isSymbol(symbol: string): boolean {
  return /^[\w.]{1,20}\/[\w.]{1,20}$/.test(symbol);
}
