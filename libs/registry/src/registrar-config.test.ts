import { describe, expect, test } from '@jest/globals';
import { idOf } from './ids.ts';
import { registrarConfig } from './registrar-config.ts';

describe('registrar configuration', () => {
  test('is blake3 with collision detection where nothing is said', () => {
    const defaults = { idOf, detectCollisions: true };
    expect(registrarConfig({})).toEqual(defaults);
    expect(registrarConfig({ HASH_ALGORITHM: '', COLLISION_DETECTION: '' })).toEqual(defaults);
    expect(registrarConfig({ HASH_ALGORITHM: 'blake3', COLLISION_DETECTION: 'true' })).toEqual(defaults);
    expect(registrarConfig({ COLLISION_DETECTION: 'false' }).detectCollisions).toBe(false);
  });

  test.each([
    [{ HASH_ALGORITHM: 'md5' }, 'HASH_ALGORITHM: there is blake3, not md5'],
    [{ HASH_ALGORITHM: 'constructor' }, 'HASH_ALGORITHM: there is blake3, not constructor'],
    [{ COLLISION_DETECTION: 'yes' }, 'COLLISION_DETECTION must be true or false, not yes'],
  ])('refuses %j', (env, message) => {
    expect(() => registrarConfig(env)).toThrow(expect.objectContaining({ code: 'config_invalid', message }));
  });
});
