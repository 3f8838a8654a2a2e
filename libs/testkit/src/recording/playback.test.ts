import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { systemClock } from '@alphapulse/core';
import { openRecording } from '@alphapulse/recording';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { ManualClock } from '../manual-clock.ts';
import { describePlayback } from './describe-playback.ts';
import { type PlaybackOptions, startPlayback } from './playback.ts';

// Busy machines are slow; nothing here is about time.
jest.setTimeout(60_000);

let folder: string;
const cleanUp: (() => Promise<void> | void)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'playback-'));
  cleanUp.push(() => rm(folder, { recursive: true }));
});
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const header = (source: string, endpoint: string, transport = 'websocket') =>
  JSON.stringify({ recording: 1, source, transport, endpoint });
const received = (t: number | null, text: string) => JSON.stringify({ t, dir: 'in', text });
const write = (name: string, ...lines: string[]) => writeFile(join(folder, name), gzipSync(`${lines.join('\n')}\n`));

const depth = (symbol: string, update: number) =>
  `{"stream":"${symbol.toLowerCase()}@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"${symbol}","U":${update},"u":${update},"b":[],"a":[]}}`;
const trade = '{"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT","t":1}}';
const snapshot = '{"lastUpdateId":7,"bids":[],"asks":[]}';

async function writeBinance(): Promise<void> {
  await write(
    'a_spot.jsonl.gz',
    header('binance', 'wss://stream.binance.com:9443/stream?streams=btcusdt@depth@100ms'),
    JSON.stringify({ t: 5, dir: 'connect', endpoint: 'wss://stream.binance.com:9443/stream' }),
    received(10_000_000, depth('BTCUSDT', 7)),
    received(10_500_000, trade),
    received(null, snapshot),
    received(10_000_000, depth('BTCUSDT', 8)),
    JSON.stringify({ t: 11_000_000, dir: 'in', bin: Buffer.from([1, 2, 3]).toString('base64') }),
    received(null, depth('BTCUSDT', 9)),
  );
  await write(
    'b_usdm.jsonl.gz',
    header('binance', 'wss://fstream.binance.com/stream'),
    received(1, depth('ETHUSDT', 1)),
    JSON.stringify({
      t: 2,
      dir: 'http',
      request: { method: 'GET', url: 'https://fapi.binance.com/fapi/v1/depth?symbol=ETHUSDT&limit=1000' },
      response: { status: 200, text: '{"lastUpdateId":1}' },
    }),
  );
  await write(
    'c_rest.jsonl.gz',
    header('binance', '', 'http'),
    JSON.stringify({
      t: 3,
      dir: 'http',
      request: { method: 'GET', url: 'https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5' },
      response: { status: 200, text: '{"lastUpdateId":8}' },
    }),
  );
  await write('d_bybit.jsonl.gz', header('bybit', 'wss://stream.bybit.com'), received(1, '{}'));
  await writeFile(join(folder, 'other.jsonl'), '{}\n');
}

async function play(options: Partial<PlaybackOptions> = {}) {
  const playback = await startPlayback({
    path: folder,
    clock: systemClock,
    speed: 'max',
    snapshotWaitMs: 0,
    ...options,
  });
  cleanUp.push(() => playback.close());
  return playback;
}

/** Connects, asks, and gathers what comes. */
async function listen(url: string, wanted: number, first = '{"method":"SUBSCRIBE"}') {
  const socket = new WebSocket(url);
  cleanUp.push(() => socket.terminate());
  const frames: { data: Buffer; binary: boolean }[] = [];
  const enough = new Promise<void>((resolve) => {
    if (wanted === 0) resolve();
    socket.on('message', (data, binary) => {
      frames.push({ data: data as Buffer, binary });
      if (frames.length === wanted) resolve();
    });
  });
  await once(socket, 'open');
  if (first !== '') socket.send(first);
  return {
    socket,
    frames,
    enough,
    texts: () => frames.map(({ data, binary }) => (binary ? [...data] : data.toString())),
  };
}

const spotFrames = [depth('BTCUSDT', 7), trade, depth('BTCUSDT', 8), [1, 2, 3], depth('BTCUSDT', 9)];

describe('describePlayback', () => {
  test('says how each recording can be collected, and why others cannot', async () => {
    await writeBinance();
    const { files, skipped } = await describePlayback(folder);
    expect(files).toMatchObject([
      {
        source: 'binance',
        market: 'spot',
        symbols: ['BTCUSDT'],
        channels: ['depth', 'trade'],
        frames: 5,
        wsAddress: 'stream.binance.com:9443',
        restAddress: 'api.binance.com',
      },
      { source: 'binance', market: 'usdm', symbols: ['ETHUSDT'], frames: 1, wsAddress: 'fstream.binance.com' },
    ]);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('header'),
      'there is no source for bybit yet',
    ]);
  });

  test('reads Kraken’s two dialects and Binance US', async () => {
    await write(
      'v2.jsonl.gz',
      header('kraken', 'wss://ws.kraken.com/v2'),
      received(
        1,
        '{"method":"subscribe","result":{"channel":"book","depth":25,"snapshot":true,"symbol":"ETH/USD"},"success":true}',
      ),
      received(
        2,
        '{"channel":"book","type":"snapshot","data":[{"symbol":"ETH/USD","bids":[],"asks":[],"checksum":1}]}',
      ),
      received(3, '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD"},{"symbol":"ETH/USD"}]}'),
      received(4, '{"channel":"heartbeat"}'),
    );
    await write(
      'v1.jsonl.gz',
      header('kraken', 'wss://ws.kraken.com'),
      received(1, '{"event":"systemStatus"}'),
      received(2, '[1664,{"as":[]},"book-1000","WAVES/EUR"]'),
    );
    await write(
      'us.jsonl.gz',
      header('binance_us', 'wss://stream.binance.us:9443/stream'),
      received(2, '{"stream":"crvusdt@kline_1m","data":{}}'),
      received(2, '{"stream":"crvusdt@surprise","data":{}}'),
    );
    const { files } = await describePlayback(folder);
    expect(files).toMatchObject([
      { source: 'binance', restAddress: 'api.binance.us', symbols: ['CRVUSDT'], channels: ['kline_1m'], frames: 2 },
      { wsAddress: 'ws.kraken.com', symbols: ['WAVES/EUR'], channels: ['book'], bookDepth: 1000 },
      { wsAddress: 'ws.kraken.com/v2', symbols: ['BTC/USD', 'ETH/USD'], channels: ['book', 'trade'], bookDepth: 25 },
    ]);
  });
});

describe('startPlayback', () => {
  test('plays every frame verbatim once a client has spoken, and then stays quiet', async () => {
    await writeBinance();
    const playback = await play();
    const [spot] = playback.files;
    expect(spot?.wsEndpoint).toBe(`ws://127.0.0.1:${playback.port}/0/stream.binance.com:9443`);
    const client = await listen(`${spot?.wsEndpoint}/stream`, 5, '');
    expect(playback.progress[0]).toMatchObject({ sent: 0, total: 5, done: false });
    client.socket.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}');
    await client.enough;
    expect(client.texts()).toEqual(spotFrames);
    client.socket.ping();
    await once(client.socket, 'pong');
    expect(client.frames).toHaveLength(5);
    expect(playback.progress[0]).toMatchObject({ sent: 5, total: 5, done: true });
    expect(playback.done).toBe(false);
    const other = await listen(`${playback.files[1]?.wsEndpoint}/stream?streams=ethusdt@depth`, 1, '');
    await other.enough;
    expect(playback.done).toBe(true);
  });

  test('a client that comes again goes on where it was; a second one gets nothing', async () => {
    await write(
      'long.jsonl.gz',
      header('kraken', 'wss://ws.kraken.com/v2'),
      ...Array.from({ length: 40_000 }, (_, at) =>
        received(
          at,
          `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","trade_id":${at},"pad":"${'x'.repeat(300)}"}]}`,
        ),
      ),
    );
    const playback = await play();
    const url = playback.files[0]?.wsEndpoint ?? '';
    const first = await listen(url, 100);
    await first.enough;
    first.socket.pause();
    const beside = await listen(url, 1);
    first.socket.resume();
    first.socket.close();
    await once(first.socket, 'close');
    const second = await listen(url, 0);
    while (!playback.done) await new Promise((resolve) => setImmediate(resolve));
    second.socket.ping();
    await once(second.socket, 'pong');
    const ids = [...first.texts(), ...second.texts()].map((text) => Number(/"trade_id":(\d+)/.exec(String(text))?.[1]));
    // What was under way to the first client when it left is lost, as on a real connection; nothing comes twice.
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.at(-1)).toBe(39_999);
    expect(ids.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, at) => at));
    expect(beside.frames).toHaveLength(0);
    expect(playback.progress[0]?.sent).toBe(40_000);
  });

  test('what was recorded after a snapshot is sent after it has been asked for', async () => {
    await writeBinance();
    const playback = await play({ snapshotWaitMs: 60_000 });
    const [spot] = playback.files;
    const client = await listen(`${spot?.wsEndpoint}/stream`, 5);
    while (client.frames.length < 2) await new Promise((resolve) => setImmediate(resolve));
    client.socket.ping();
    await once(client.socket, 'pong');
    expect(client.frames).toHaveLength(2);
    expect(await (await fetch(`${spot?.restEndpoint}/api/v3/depth?symbol=BTCUSDT`)).text()).toBe(snapshot);
    await client.enough;
    expect(client.texts()).toEqual(spotFrames);
  });

  test('keeps the recorded pauses, times the speed; frames without time follow at once', async () => {
    await writeBinance();
    const clock = new ManualClock();
    const playback = await play({ clock, speed: 10 });
    const client = await listen(`${playback.files[0]?.wsEndpoint}/stream`, 5);
    const settle = async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    while (client.frames.length < 1) await settle();
    await settle();
    expect(client.frames).toHaveLength(1);
    await clock.advance(49);
    await settle();
    expect(client.frames).toHaveLength(1);
    await clock.advance(1);
    while (client.frames.length < 3) await settle();
    await settle();
    expect(client.frames).toHaveLength(3);
    await clock.advance(50);
    await client.enough;
    expect(client.texts()).toEqual(spotFrames);
  });

  test('serves recorded REST answers in order, and made-up listings marked as such', async () => {
    await writeBinance();
    const playback = await play();
    const [spot, usdm] = playback.files;
    const get = async (url: string) => {
      const response = await fetch(url);
      expect(response.headers.get('x-recorded')).toBe('true');
      return { status: response.status, text: await response.text() };
    };
    const bookUrl = `${spot?.restEndpoint}/api/v3/depth?symbol=BTCUSDT&limit=1000`;
    expect((await get(bookUrl)).text).toBe(snapshot);
    expect((await get(bookUrl)).text).toBe('{"lastUpdateId":8}');
    expect((await get(bookUrl)).text).toBe('{"lastUpdateId":8}');
    expect((await get(`${usdm?.restEndpoint}/fapi/v1/depth?symbol=ETHUSDT&limit=5`)).text).toBe('{"lastUpdateId":1}');
    expect((await get(`${spot?.restEndpoint}/api/v3/historicalTrades?symbol=BTCUSDT`)).status).toBe(404);
    const listings = JSON.parse((await get(`${usdm?.restEndpoint}/fapi/v1/exchangeInfo`)).text);
    expect(listings.symbols).toMatchObject([
      { symbol: 'ETHUSDT', baseAsset: 'ETH', quoteAsset: 'USDT', contractType: 'PERPETUAL', simulated: true },
    ]);
    expect(playback.tasks[1]).toMatchObject({
      source: 'binance',
      config: { market: 'usdm', symbols: ['ETHUSDT'], channels: ['depth'], restEndpoint: usdm?.restEndpoint },
    });
  });

  test('serves recorded listings byte for byte, or with what they lack', async () => {
    await writeBinance();
    const info = '{ "timezone":"UTC","symbols":[ {"symbol":"BTCUSDT","status":"TRADING"} ] }';
    await writeFile(join(folder, 'exchangeInfo_1.json'), info);
    await write(
      'kraken.jsonl.gz',
      header('kraken', 'wss://ws.kraken.com/v2'),
      received(1, '{"channel":"trade","data":[{"symbol":"BTC/USD"},{"symbol":"DOGE/USDT"}]}'),
    );
    await writeFile(join(folder, 'AssetPairs_1.json'), '{"error":[],"result":{"XXBTZUSD":{"wsname":"XBT/USD"}}}');
    const playback = await play();
    const get = async (url: string) => (await fetch(url)).text();
    expect(await get(`${playback.files[0]?.restEndpoint}/api/v3/exchangeInfo?showPermissionSets=false`)).toBe(info);
    const pairs = JSON.parse(await get(`${playback.files[2]?.restEndpoint}/0/public/AssetPairs`));
    expect(pairs.result).toMatchObject({
      XXBTZUSD: { wsname: 'XBT/USD' },
      XDGUSDT: { wsname: 'XDG/USDT', simulated: true },
    });
  });

  test('a recording that breaks off is reported', async () => {
    const lines = [
      header('kraken', 'wss://ws.kraken.com/v2'),
      received(1, '{"channel":"trade","data":[{"symbol":"BTC/USD"}]}'),
    ];
    await write('broken.jsonl.gz', ...lines, '{"t":');
    await expect(startPlayback({ path: folder, clock: systemClock })).rejects.toMatchObject({
      code: 'recording_invalid',
      details: { line: 3 },
    });
  });
});

const shared = fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));

describe('the shared recordings', () => {
  if (!existsSync(shared)) {
    test('are absent: their playback is not tested', () => {
      console.log('skipped: ../shared/recordings is absent');
    });
    return;
  }

  test('go out frame by frame as recorded', async () => {
    for (const source of ['binance', 'binance_us', 'kraken']) {
      const playback = await play({ path: join(shared, source) });
      expect(playback.files.length).toBeGreaterThan(0);
      for (const file of playback.files) {
        const client = await listen(file.wsEndpoint, file.frames);
        await client.enough;
        let at = 0;
        let same = true;
        for await (const line of (await openRecording(file.file)).lines)
          if (line.dir === 'in') same &&= client.frames[at++]?.data.equals(line.payload) ?? false;
        expect([file.file, same, at]).toEqual([file.file, true, file.frames]);
        client.socket.terminate();
      }
      expect(playback.done).toBe(true);
    }
  });

  test('keep their listings and snapshots', async () => {
    const playback = await play({ path: join(shared, 'binance') });
    const info = readFileSync(join(shared, 'binance/exchangeInfo_20211011.json'), 'utf8');
    for (const file of playback.files) {
      const path = file.market === 'usdm' ? '/fapi/v1' : '/api/v3';
      const listings = await (await fetch(`${file.restEndpoint}${path}/exchangeInfo`)).text();
      if (file.market === 'spot') expect(listings === info).toBe(true);
      for (const symbol of file.symbols) {
        const snapshot = await fetch(`${file.restEndpoint}${path}/depth?symbol=${symbol}&limit=1000`);
        expect([symbol, snapshot.status]).toEqual([symbol, 200]);
        expect(await snapshot.text()).toContain('lastUpdateId');
      }
    }
  });
});
