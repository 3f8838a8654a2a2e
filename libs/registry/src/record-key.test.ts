import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRecordKey, supersededKey, versionKey } from './record-key.ts';

const id = fc.stringMatching(/^[0-9a-f]{32}$/);
const time = fc.maxSafeNat();

describe('record keys', () => {
  test('parsing gives back what was printed', () => {
    fc.assert(
      fc.property(id, time, time, (entity, validFromUs, recordedTimeUs) => {
        expect(parseRecordKey(entity)).toEqual({ id: entity });
        expect(parseRecordKey(versionKey(entity, validFromUs))).toEqual({ id: entity, validFromUs });
        expect(parseRecordKey(supersededKey(entity, validFromUs, recordedTimeUs))).toEqual({
          id: entity,
          validFromUs,
          recordedTimeUs,
        });
      }),
    );
  });

  test.each(['', 'AB', 'ab@', 'ab@1~', 'ab~1', 'ab@-1', 'ab@1@2', 'ab@1~2~3', 'ab@1.5', 'ab@12345678901234567', ' ab'])(
    '%j is no key',
    (key) => expect(parseRecordKey(key)).toBeUndefined(),
  );
});
