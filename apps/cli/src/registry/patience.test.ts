import { RetriableError } from '@alphapulse/core';
import { ManualClock } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import { OutageLog } from './outage-log.ts';
import { whileMoving } from './patience.ts';

const giveUp = () => new RetriableError('broker_unavailable', 'waited');
const never = new Promise<never>(() => undefined);

describe('whileMoving', () => {
  test('gives what is waited for, errors included', async () => {
    const options = { clock: new ManualClock(), timeoutMs: 1_000, progress: () => 0, giveUp };
    expect(await whileMoving(Promise.resolve(7), options)).toBe(7);
    await expect(whileMoving(Promise.reject(new Error('other')), options)).rejects.toThrow('other');
  });

  test('gives up when nothing has moved for so long, not before', async () => {
    const clock = new ManualClock();
    let moved = 0;
    let error: unknown;
    const waiting = whileMoving(never, { clock, timeoutMs: 1_000, progress: () => moved, giveUp }).catch((thrown) => {
      error = thrown;
    });
    await clock.advance(900);
    moved++;
    await clock.advance(1_000);
    expect(error).toBeUndefined();
    await clock.advance(1_000);
    await waiting;
    expect(error).toMatchObject({ code: 'broker_unavailable' });
  });
});

describe('OutageLog', () => {
  test('remembers the outage that was reported last, and nothing else', () => {
    const lines: string[] = [];
    const keep = (_fields: object, message = '') => void lines.push(message);
    const log = new OutageLog({ debug: keep, info: keep, warn: keep, error: keep });
    log.info({ code: 'broker_unavailable' }, 'a');
    log.warn({ code: 'value_invalid', error: 'x' }, 'b');
    expect(log.last).toBeUndefined();
    log.warn({ code: 'schema_registry_unavailable', error: 'refused' }, 'c');
    log.debug({}, 'd');
    expect(log.last).toEqual({ code: 'schema_registry_unavailable', message: 'refused' });
    expect(lines).toEqual(['a', 'b', 'c', 'd']);
  });
});
