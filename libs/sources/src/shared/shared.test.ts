import { RejectedRecordError } from '@alphapulse/core';
import { describe, expect, test } from '@jest/globals';
import { isoToTimeUs, toId, toNumber, toTimeUs } from './numbers.ts';
import { MAX_FRAME_BYTES, parseJson } from './parse-json.ts';

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RejectedRecordError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('parseJson', () => {
  test.each([
    ['a frame', Buffer.from('{"a":[1,"2"]}'), 'accepted'],
    ['UTF-8', Buffer.from('{"a":"é€😀"}'), 'accepted'],
    ['64 levels', Buffer.from('['.repeat(64) + ']'.repeat(64)), 'accepted'],
    ['65 levels', Buffer.from('['.repeat(65) + ']'.repeat(65)), 'frame_too_deep'],
    ['a million levels', Buffer.from('{"a":['.repeat(1_000_000)), 'frame_too_deep'],
    ['many brackets in a string', Buffer.from(`{"a":"${'[{\\"'.repeat(1000)}"}`), 'accepted'],
    ['many brackets side by side', Buffer.from(`[${'[],'.repeat(1000)}[]]`), 'accepted'],
    ['a truncated frame', Buffer.from('{"a":[1'), 'frame_not_json'],
    ['nothing', Buffer.alloc(0), 'frame_not_json'],
    ['NaN', Buffer.from('{"a":NaN}'), 'frame_not_json'],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'frame_not_json'],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'frame_not_json'],
    ['a lone surrogate', Buffer.from('{"a":"\\ud800"}'), 'frame_not_json'],
    ['a lone low surrogate', Buffer.from('{"a":"\\uDC00x"}'), 'frame_not_json'],
    ['a surrogate pair', Buffer.from('{"a":"\\ud83d\\ude00"}'), 'accepted'],
    ['a backslash before u', Buffer.from('{"a":"\\\\ud800"}'), 'accepted'],
    ['too many bytes', Buffer.alloc(MAX_FRAME_BYTES + 1, 0x20), 'frame_too_large'],
  ])('%s', (_name, payload, code) => {
    expect(codeOf(() => parseJson(payload))).toBe(code);
  });

  test('pollution keys stay plain properties', () => {
    const value = parseJson(Buffer.from('{"__proto__":{"polluted":true}}')) as Record<string, unknown>;
    expect(value.polluted).toBeUndefined();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('numbers', () => {
  test('finite numbers pass as they are', () => {
    expect(toNumber('0.00426990', 'p')).toBe(0.0042699);
    expect(toNumber(-3, 'p')).toBe(-3);
    expect(toNumber('0.00000000', 'p')).toBe(0);
    expect(toNumber('1e-7', 'p')).toBe(1e-7);
  });
  test.each(['1e309', '0x10', ' 1', 'NaN', 'Infinity', '', ' ', 'abc', Number.NaN, JSON.parse('1e309')])(
    '%p is refused',
    (value) => {
      expect(codeOf(() => toNumber(value, 'p'))).toBe('number_not_finite');
    },
  );
  test.each([undefined, null, {}, [], true])('%p has the wrong shape', (value) => {
    expect(codeOf(() => toNumber(value, 'p'))).toBe('frame_malformed');
  });
  test('ids beyond 2^53 are refused rather than rounded', () => {
    expect(toId(9007199254740991, 't')).toBe(9007199254740991);
    for (const id of ['1', -1, 1.5, JSON.parse('9007199254740993'), JSON.parse(`1${'0'.repeat(29)}`)]) {
      expect(codeOf(() => toId(id, 't'))).toBe('frame_malformed');
    }
  });
  test('times', () => {
    expect(toTimeUs(1723161255204)).toBe(1723161255204000);
    expect(codeOf(() => toTimeUs('1723161255204'))).toBe('event_time_invalid');
    expect(codeOf(() => toTimeUs(1e300))).toBe('event_time_invalid');
    expect(isoToTimeUs('2024-08-08T23:54:14.123456789Z')).toBe(1723161254123456);
    expect(isoToTimeUs('2024-08-08T23:54:14Z')).toBe(1723161254000000);
    expect(codeOf(() => isoToTimeUs('yesterday'))).toBe('event_time_invalid');
    expect(codeOf(() => isoToTimeUs('2024-13-08T23:54:14Z'))).toBe('event_time_invalid');
  });
});
