/** What a recorded frame shows about the subscription that brought it. */
export interface FrameFacts {
  readonly symbols: readonly string[];
  /** As the source’s configuration names it; undefined for control frames and channels that no source collects. */
  readonly channel?: string;
  readonly bookDepth?: number;
}

const nothing: FrameFacts = { symbols: [] };
const binanceChannel = /^(?:trade|aggTrade|bookTicker|kline_\w+)$/;

/** Binance: combined streams (`{"stream":"btcusdt@depth@100ms","data":…}`) and bare events. */
export function scanBinanceFrame(payload: Buffer): FrameFacts {
  const head = payload.subarray(0, 400).toString('utf8');
  const stream = /^\{"stream":"([^"@]+)@([^"]+)"/.exec(head);
  if (stream) {
    const [, symbol = '', name = ''] = stream;
    const channel = name.startsWith('depth') ? 'depth' : name;
    const known = channel === 'depth' || binanceChannel.test(channel);
    return known ? { symbols: [symbol.toUpperCase()], channel } : nothing;
  }
  const symbol = /"s":"([^"]+)"/.exec(head)?.[1];
  const event = /"e":"([^"]+)"/.exec(head)?.[1] ?? (head.startsWith('{"u":') ? 'bookTicker' : undefined);
  if (!symbol || !event) return nothing;
  const interval = /"i":"(\w+)"/.exec(head)?.[1];
  const channel = event === 'depthUpdate' ? 'depth' : event === 'kline' ? `kline_${interval}` : event;
  return channel === 'depth' || binanceChannel.test(channel) ? { symbols: [symbol], channel } : nothing;
}

const krakenChannels = ['trade', 'ticker', 'book', 'ohlc'];

/** Kraken: v2 (`{"channel":"book","type":"update","data":[{"symbol":…`) and v1 (`[1664,{…},"book-1000","WAVES/EUR"]`). */
export function scanKrakenFrame(payload: Buffer): FrameFacts {
  const head = payload.subarray(0, 400).toString('utf8');
  if (head.startsWith('[')) {
    const tail = payload.subarray(-120).toString('utf8');
    const [, name = '', parameter, symbol = ''] = /"([a-z]+)(?:-(\d+))?","([^"]+)"\]$/.exec(tail) ?? [];
    if (!krakenChannels.includes(name)) return nothing;
    return {
      symbols: [symbol],
      channel: name,
      ...(name === 'book' && parameter !== undefined && { bookDepth: Number(parameter) }),
    };
  }
  const channel = /"channel":"([a-z]+)"/.exec(head)?.[1];
  if (!channel || !krakenChannels.includes(channel)) return nothing;
  if (head.includes('"method":"subscribe"')) {
    const depth = /"depth":(\d+)/.exec(head)?.[1];
    return { symbols: [], ...(depth !== undefined && { bookDepth: Number(depth) }) };
  }
  // A trade frame may hold trades of several symbols.
  const symbols = [...payload.toString('utf8').matchAll(/"symbol":"([^"]+)"/g)].map((match) => match[1] as string);
  return symbols.length === 0 ? nothing : { symbols: [...new Set(symbols)], channel };
}
