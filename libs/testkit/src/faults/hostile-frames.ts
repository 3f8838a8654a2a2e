import type { ErrorCode } from '@alphapulse/core';

/** A frame that no venue should send and every parser must survive. */
export interface HostileFrame {
  /** Kebab-case, stable: what is wrong with it. */
  readonly name: string;
  readonly payload: string | Buffer;
  /** Sent as a binary WebSocket frame. */
  readonly binary?: boolean;
  /**
   * Dead-letter codes that say truthfully what is wrong with it; `filtered` and `accepted` stand for a counted filter
   * and for an event that is well-formed after all (an id with 30 digits is only an id, a lone surrogate only text).
   */
  readonly expect: readonly (ErrorCode | 'filtered' | 'accepted')[];
  /** A WebSocket library closes the connection on it (invalid UTF-8 in a text frame), so it never becomes a message. */
  readonly closesConnection?: true;
}

/** One frame of a venue with places to spoil it: raw JSON texts, so that they need not be valid. */
interface FrameShape {
  trade(fields: { price?: string; size?: string; id?: string; side?: string; time?: string; symbol?: string }): string;
  book(fields: { price?: string; size?: string; id?: string; symbol?: string }): string;
  unknownChannel: string;
  /** Digits in quotes, as the venue sends prices, or bare. */
  number(digits: string): string;
  badSide: string;
}

const binance: FrameShape = {
  trade: ({
    price = '"60000.00000000"',
    size = '"0.01000000"',
    id = '1',
    side = 'true',
    time = '1723161255342',
    symbol,
  }) =>
    `{"stream":"btcusdt@trade","data":{"e":"trade","E":${time},"s":${symbol ?? '"BTCUSDT"'},"t":${id},"p":${price},"q":${size},"T":${time},"m":${side},"M":true}}`,
  book: ({ price = '"60000.00000000"', size = '"0.01000000"', id = '1', symbol }) =>
    `{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255342,"s":${symbol ?? '"BTCUSDT"'},"U":${id},"u":${id},"b":[[${price},${size}]],"a":[]}}`,
  unknownChannel: '{"stream":"btcusdt@surprise","data":{"e":"surprise","s":"BTCUSDT"}}',
  number: (digits) => `"${digits}"`,
  badSide: '"sideways"',
};

const kraken: FrameShape = {
  trade: ({
    price = '60000.0',
    size = '0.01000000',
    id = '1',
    side = '"buy"',
    time = '"2024-08-08T23:54:15.342000Z"',
    symbol,
  }) =>
    `{"channel":"trade","type":"update","data":[{"symbol":${symbol ?? '"BTC/USDT"'},"side":${side},"price":${price},"qty":${size},"ord_type":"market","trade_id":${id},"timestamp":${time}}]}`,
  book: ({ price = '60000.0', size = '0.01000000', id = '1', symbol }) =>
    `{"channel":"book","type":"update","data":[{"symbol":${symbol ?? '"BTC/USDT"'},"bids":[{"price":${price},"qty":${size}}],"asks":[],"checksum":${id},"timestamp":"2024-08-08T23:54:15.342000Z"}]}`,
  unknownChannel: '{"channel":"surprise","type":"update","data":[{"symbol":"BTC/USDT"}]}',
  number: (digits) => digits,
  badSide: '"sideways"',
};

const shapes = { binance, kraken };
const thirtyDigits = '123456789012345678901234567890';

/**
 * Every kind of hostile frame in a venue's own dress. The 10 MB ones are built at each call: keep them no longer
 * than needed.
 */
export function hostileFrames(venue: 'binance' | 'kraken'): readonly HostileFrame[] {
  const shape = shapes[venue];
  const good = shape.trade({});
  const malformed = ['frame_malformed', 'filtered'] as const;
  return [
    { name: 'empty', payload: '', expect: ['frame_not_json'] },
    { name: 'not-json', payload: 'Service Unavailable', expect: ['frame_not_json'] },
    { name: 'truncated', payload: good.slice(0, good.length / 2), expect: ['frame_not_json'] },
    { name: 'html', payload: '<html><body>502 Bad Gateway</body></html>', expect: ['frame_not_json'] },
    { name: 'binary', payload: Buffer.from([0, 255, 1, 254, 2, 253]), binary: true, expect: ['frame_not_json'] },
    { name: 'nul-bytes', payload: '\0'.repeat(64), expect: ['frame_not_json'] },
    {
      name: 'invalid-utf8',
      payload: Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
      expect: ['frame_not_json', ...malformed],
      closesConnection: true,
    },
    { name: 'json-null', payload: 'null', expect: malformed },
    { name: 'json-number', payload: '42', expect: malformed },
    { name: 'json-string', payload: '"trade"', expect: malformed },
    { name: 'json-array', payload: '[]', expect: malformed },
    { name: 'json-empty-object', payload: '{}', expect: malformed },
    { name: 'unknown-channel', payload: shape.unknownChannel, expect: malformed },
    {
      name: 'ten-megabytes',
      payload: shape.trade({ symbol: `"${'A'.repeat(10 * 1024 * 1024)}"` }),
      expect: ['frame_too_large'],
    },
    {
      name: 'deep-arrays',
      payload: shape.trade({ price: `${'['.repeat(100_000)}${']'.repeat(100_000)}` }),
      expect: ['frame_too_deep'],
    },
    {
      name: 'deep-objects',
      payload: shape.trade({ price: `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}` }),
      expect: ['frame_too_deep'],
    },
    { name: 'nan-price', payload: shape.trade({ price: '"NaN"' }), expect: ['number_not_finite', 'frame_malformed'] },
    { name: 'bare-nan-price', payload: shape.trade({ price: 'NaN' }), expect: ['frame_not_json'] },
    {
      name: 'infinite-price',
      payload: shape.trade({ price: shape.number('1e309') }),
      expect: ['number_not_finite', 'frame_malformed'],
    },
    {
      name: 'infinite-size',
      payload: shape.book({ size: shape.number('1e309') }),
      expect: ['number_not_finite', 'frame_malformed'],
    },
    { name: 'zero-price', payload: shape.trade({ price: shape.number('0') }), expect: ['price_not_positive'] },
    {
      name: 'negative-price',
      payload: shape.trade({ price: shape.number('-1') }),
      expect: ['price_not_positive', 'frame_malformed'],
    },
    {
      name: 'negative-size',
      payload: shape.trade({ size: shape.number('-0.5') }),
      expect: ['size_negative', 'frame_malformed'],
    },
    {
      name: 'negative-book-size',
      payload: shape.book({ size: shape.number('-0.5') }),
      expect: ['size_negative', 'frame_malformed', 'book_sequence_gap', 'book_checksum_mismatch'],
    },
    { name: 'hex-price', payload: shape.trade({ price: '"0x10"' }), expect: ['number_not_finite', 'frame_malformed'] },
    {
      name: 'empty-price',
      payload: shape.trade({ price: '""' }),
      expect: ['number_not_finite', 'frame_malformed', 'price_not_positive'],
    },
    { name: 'null-price', payload: shape.trade({ price: 'null' }), expect: ['number_not_finite', 'frame_malformed'] },
    {
      name: 'object-price',
      payload: shape.trade({ price: '{"valueOf":1}' }),
      expect: ['number_not_finite', 'frame_malformed'],
    },
    { name: 'thirty-digit-id', payload: shape.trade({ id: thirtyDigits }), expect: ['frame_malformed', 'accepted'] },
    {
      name: 'thirty-digit-book-id',
      payload: shape.book({ id: thirtyDigits }),
      expect: ['frame_malformed', 'book_sequence_gap', 'book_checksum_mismatch'],
    },
    {
      name: 'unknown-side',
      payload: shape.trade({ side: shape.badSide }),
      expect: ['side_unknown', 'frame_malformed'],
    },
    {
      name: 'time-ahead',
      payload: shape.trade({ time: venue === 'binance' ? '4102444800000' : '"2100-01-01T00:00:00Z"' }),
      expect: ['event_time_ahead'],
    },
    {
      name: 'time-nonsense',
      payload: shape.trade({ time: '"yesterday"' }),
      expect: ['event_time_invalid', 'frame_malformed', 'number_not_finite'],
    },
    {
      name: 'unknown-symbol',
      payload: shape.trade({ symbol: venue === 'binance' ? '"NOSUCHCOIN"' : '"NOSUCH/COIN"' }),
      expect: ['symbol_unknown'],
    },
    {
      name: 'lone-surrogate',
      payload: shape.trade({ symbol: '"\\ud800BTC"' }),
      expect: ['symbol_unknown', 'frame_malformed', 'frame_not_json'],
    },
    {
      name: 'prototype-pollution',
      payload: good.replace(/^\{/, '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},'),
      expect: ['accepted', 'frame_malformed', 'filtered'],
    },
    {
      name: 'prototype-symbol',
      payload: shape.trade({ symbol: '"__proto__"' }),
      expect: ['symbol_unknown', 'frame_malformed'],
    },
    {
      name: 'prototype-channel',
      payload:
        venue === 'binance'
          ? '{"stream":"__proto__","data":{"e":"constructor"}}'
          : '{"channel":"__proto__","type":"toString","data":[]}',
      expect: malformed,
    },
    {
      name: 'duplicate-keys',
      payload: good.replace(/\}\]?\}$/, (end) => `,${venue === 'binance' ? '"p":"x"' : '"price":"x"'}${end}`),
      expect: ['number_not_finite', 'frame_malformed'],
    },
  ];
}
