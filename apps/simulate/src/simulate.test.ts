import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FatalError, systemClock } from '@alphapulse/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { parseSimulateOptions } from './options.ts';

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulate-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Starts the process; `ready` resolves with the port file's content, or rejects when the process ends first. */
function start(...flags: string[]) {
  const portFile = join(folder, 'ports.json');
  const child = spawn(process.execPath, ['--import', 'tsx', main, '--port-file', portFile, ...flags], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout?.on('data', (data) => {
    output += data;
  });
  const ended = once(child, 'exit').then(([code]) => ({ code, output }));
  const ready = async () => {
    while (!existsSync(portFile)) {
      if (child.exitCode !== null) throw new Error(`ended early: ${output}`);
      await systemClock.sleep(20);
    }
    return JSON.parse(readFileSync(portFile, 'utf8'));
  };
  return { child, ready, ended };
}

interface Answer {
  readonly symbols: readonly { readonly symbol: string }[];
  readonly result: object;
  readonly done: boolean;
}

async function json(url: string): Promise<Answer> {
  return (await (await fetch(url)).json()) as Answer;
}

describe('parseSimulateOptions', () => {
  test('reads flags before the environment before defaults', () => {
    expect(parseSimulateOptions([], {})).toMatchObject({ speed: 1, seed: 1, rate: 500, dislocations: true });
    expect(
      parseSimulateOptions(['--speed', 'max', '--seed=7', '--no-dislocations'], {
        SIMULATE_SPEED: '10',
        SIMULATE_PORT_FILE: '/x',
      }),
    ).toMatchObject({ speed: 'max', seed: 7, dislocations: false, portFile: '/x' });
    expect(parseSimulateOptions(['--help'], {})).toBeUndefined();
  });

  test.each([['--speed', 'fast'], ['--speed', '0'], ['--seed', 'x'], ['--binance-port', '70000'], ['--nonsense']])(
    'refuses %s %s by name',
    (...flags) => {
      expect(() => parseSimulateOptions(flags, {})).toThrow(FatalError);
      expect(() => parseSimulateOptions(flags, {})).toThrow((flags[0] as string).slice(2));
    },
  );
});

describe('the process', () => {
  test('serves a simulated market, labelled so, and ends cleanly on SIGTERM', async () => {
    const truth = join(folder, 'truth.jsonl');
    const { child, ready, ended } = start('--seed', '9', '--truth', truth);
    const ports = await ready();
    expect(ports).toMatchObject({ mode: 'simulated', label: 'simulated market, seed 9', pid: child.pid });
    expect(ports.endpoints.map(({ venue, label }: { venue: string; label: string }) => [venue, label])).toEqual([
      ['binance', 'simulated'],
      ['kraken', 'simulated'],
    ]);
    expect(ports.tasks).toMatchObject([
      { id: 'binance/0', simulated: true, config: { symbols: expect.arrayContaining(['BTCUSDT']) } },
      { id: 'kraken/0', simulated: true, config: { symbols: expect.arrayContaining(['BTC/USD', 'BTC/USDT']) } },
    ]);
    const [binance, kraken] = ports.endpoints;
    const info = await json(`${binance.httpUrl}/api/v3/exchangeInfo`);
    expect(info.symbols.map(({ symbol }) => symbol)).toEqual(ports.tasks[0].config.symbols);
    const pairs = await json(`${kraken.httpUrl}/0/public/AssetPairs`);
    expect(Object.keys(pairs.result).length).toBe(ports.tasks[1].config.symbols.length);
    const status = await json(ports.statusUrl);
    expect(status).toMatchObject({ mode: 'simulated', done: false, details: { planting: false } });
    expect((await fetch(ports.statusUrl.replace('/status', '/other'))).status).toBe(404);
    expect(readFileSync(truth, 'utf8')).toBe('');
    child.kill('SIGTERM');
    const { code, output } = await ended;
    expect(code).toBe(0);
    for (const line of output.trim().split('\n')) {
      const logged = JSON.parse(line);
      if (logged.wsUrl) expect(logged).toMatchObject({ mode: 'simulated', msg: 'simulated venue' });
    }
  }, 30_000);

  test('plays recordings, labelled so, and says when it is done', async () => {
    const header = '{"recording":1,"source":"kraken","transport":"websocket","endpoint":"wss://ws.kraken.com/v2"}';
    const frame = '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD"}]}';
    await writeFile(join(folder, 'k.jsonl'), `${header}\n${JSON.stringify({ t: null, dir: 'in', text: frame })}\n`);
    await writeFile(join(folder, 'other.jsonl'), 'nothing\n');
    const { child, ready, ended } = start('--recording', folder, '--speed', 'max');
    const ports = await ready();
    expect(ports).toMatchObject({
      mode: 'recorded',
      endpoints: [{ venue: 'kraken', label: 'recorded', wsUrl: expect.stringContaining('/0/ws.kraken.com/v2') }],
      tasks: [{ source: 'kraken', simulated: true, config: { symbols: ['BTC/USD'], channels: ['trade'] } }],
      skipped: [{ file: join(folder, 'other.jsonl') }],
    });
    const socket = new WebSocket(ports.endpoints[0].wsUrl);
    const received = new Promise<string>((resolve) => {
      socket.onmessage = ({ data }) => resolve(String(data));
    });
    socket.onopen = () => socket.send('{"method":"subscribe"}');
    expect(await received).toBe(frame);
    const status = () => json(ports.statusUrl);
    while (!(await status()).done) await systemClock.sleep(5);
    expect(await status()).toMatchObject({ frames: 1, details: { progress: [{ sent: 1, total: 1, done: true }] } });
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
  }, 30_000);

  test('ends with 1 and a sentence when there is nothing to play', async () => {
    const { ended } = start('--recording', join(folder, 'absent'));
    const { code, output } = await ended;
    expect(code).toBe(1);
    expect(output).toContain('no such directory or file');
  }, 30_000);
});
