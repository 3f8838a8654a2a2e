import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { freePort } from './ports.ts';

describe('free ports', () => {
  test('the wanted one when it is free, another when it is taken or already given away', async () => {
    const wanted = await freePort(0);
    expect(await freePort(wanted)).toBe(wanted);
    expect(await freePort(wanted, new Set([wanted]))).not.toBe(wanted);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', resolve));
    expect(await freePort(wanted)).not.toBe(wanted);
    await new Promise((resolve) => server.close(resolve));
  });
});
