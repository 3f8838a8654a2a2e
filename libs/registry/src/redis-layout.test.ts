import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allKinds } from './kinds.ts';
import { supersededKey, versionKey } from './record-key.ts';
import {
  idOfMember,
  indexMember,
  keyOfVersionMember,
  keysOf,
  membersOf,
  redisPrefix,
  tokenField,
  versionMember,
  versionsOf,
  versionsUpTo,
} from './redis-layout.ts';

const hexId = fc.stringMatching(/^[0-9a-f]{32}$/);
const micros = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** What ZRANGEBYLEX gives: members compare as bytes, `[` is inclusive, `(` exclusive. */
function range(members: readonly string[], min: string, max: string): string[] {
  const from = min.slice(1);
  const to = max.slice(1);
  const inside = (member: string) =>
    (min[0] === '[' ? member >= from : member > from) && (max[0] === '[' ? member <= to : member < to);
  return [...members].sort().filter(inside);
}

describe('redis layout', () => {
  test('a version’s member and its record key stand for each other', () => {
    fc.assert(
      fc.property(hexId, micros, fc.option(micros, { nil: undefined }), (id, from, recorded) => {
        const key = recorded === undefined ? versionKey(id, from) : supersededKey(id, from, recorded);
        expect(keyOfVersionMember(versionMember(key) as string)).toBe(key);
      }),
    );
    expect(versionMember('aa')).toBeUndefined();
    expect(versionMember('not a key@1')).toBeUndefined();
    expect(() => keyOfVersionMember('aa')).toThrow(/not a version/);
  });

  test('the range of versions up to a time is those that began by then, of that entity alone', () => {
    fc.assert(
      fc.property(fc.uniqueArray(micros, { maxLength: 8 }), micros, hexId, (starts, us, other) => {
        const id = 'ab'.repeat(16);
        const members = [id, other].flatMap((each) =>
          starts.map((from) => versionMember(versionKey(each, from)) as string),
        );
        const [max, min] = versionsUpTo(id, us);
        const wanted = starts.filter((from) => from <= us).sort((a, b) => a - b);
        const keys = range([...new Set(members)], min, max).map(keyOfVersionMember);
        expect(keys).toEqual(wanted.map((from) => versionKey(id, from)));
      }),
    );
  });

  test('all versions and beliefs of an entity are one range, also where its id begins another', () => {
    const members = ['aa@1', 'aa@20', 'aa@3~7', 'aab@1', 'a@1', 'ab@2'].map((key) => versionMember(key) as string);
    expect(range(members, ...versionsOf('aa')).map(keyOfVersionMember)).toEqual(['aa@1', 'aa@3~7', 'aa@20']);
  });

  test('an index’s members of a value are one range', () => {
    const members = [indexMember('equity', 'aa'), indexMember('equity', 'bb'), indexMember('etf', 'aa')];
    expect(range(members, ...membersOf('equity')).map(idOfMember)).toEqual(['aa', 'bb']);
    expect(range(members, ...membersOf('e'))).toEqual([]);
  });

  test('capitals of a hexadecimal address do not count, those of others do', () => {
    expect(tokenField('ethereum', '0xAbC1')).toBe('ethereum:0xabc1');
    expect(tokenField('solana', 'So111')).toBe('solana:So111');
  });

  test('each key belongs to one kind', () => {
    const keys = allKinds.flatMap(keysOf);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((key) => key.startsWith(redisPrefix))).toBe(true);
  });
});
