import type { CollectDeps, MessageOrigin, VenueConnection } from '@alphapulse/core';
import type { BinanceConfig } from './config.ts';
import { describeFrame, isControl } from './describe.ts';
import { frameHead, numberOf, streamOf } from './scan.ts';
import { Subscriber } from './subscriber.ts';
import { SymbolFeed } from './symbol-feed.ts';

/** A symbol that has brought nothing for so long after the start is reported. */
const SILENCE_MS = 120_000;

/** A stream we subscribe to: where its frames go. */
interface StreamRoute {
  readonly feed: SymbolFeed;
  readonly channel: string;
  readonly kind: 'trade' | 'depth' | 'bookTicker' | 'other';
  /** Name for stale detection; undefined for streams that may rest for long. */
  readonly aliveKey: string | undefined;
}

/**
 * Collects one task over one connection until the signal aborts.
 * Every frame goes to raw first; only then are its ids checked. A hole in one symbol is healed by REST for that symbol alone.
 */
export async function collectBinance(config: BinanceConfig, outerDeps: CollectDeps): Promise<void> {
  const failure = new AbortController();
  const signal = AbortSignal.any([outerDeps.signal, failure.signal]);
  const deps: CollectDeps = { ...outerDeps, signal };
  const fail = (error: unknown) => failure.abort(error);
  const feeds = config.symbols.map((symbol) => new SymbolFeed(symbol, config, deps, fail));
  const routes = new Map<string, StreamRoute>();
  for (const feed of feeds) {
    for (const channel of config.channels) {
      const kind = channel === 'trade' || channel === 'depth' || channel === 'bookTicker' ? channel : 'other';
      // Trades of a quiet symbol may stay away for hours; books and quotes of a listed one do not.
      const staleable = config.staleMs > 0 && (kind === 'depth' || kind === 'bookTicker');
      const aliveKey = staleable ? `${channel}:${feed.symbol}` : undefined;
      // Heads are read a character a byte, so names that are not ASCII are looked up likewise.
      const stream = Buffer.from(streamName(feed.symbol, channel)).toString('latin1');
      routes.set(withoutSpeed(stream), { feed, channel, kind, aliveKey });
    }
  }
  const subscribers = new Map<string, Subscriber>();
  const symbolStreams = feeds.map((feed) => config.channels.map((channel) => streamName(feed.symbol, channel)));

  const onMessage = (connection: VenueConnection, payload: Buffer, origin: MessageOrigin): void => {
    const head = frameHead(payload);
    const route = routes.get(withoutSpeed(streamOf(head) ?? ''));
    if (route === undefined) {
      const { key, channel } = describeFrame({ endpoint: origin.endpoint, payload });
      deps.sink.message(key, channel, origin, payload);
      if (isControl(head)) subscribers.get(connection.id)?.answer(payload);
      return;
    }
    deps.sink.message(route.feed.symbol, route.channel, origin, payload);
    if (route.aliveKey !== undefined) connection.alive(route.aliveKey);
    check(route, head, origin.receivedTime);
  };

  const resnapshots = resnapshotPeriodically(feeds, config, deps);
  const silence = warnOfSilence(feeds, deps);
  await deps.net.webSocket(
    {
      endpoints: config.wsEndpoints.map((endpoint) => `${endpoint.replace(/\/+$/, '')}/stream`),
      sink: deps.sink,
      messagesPerSecond: 4,
      ...(config.rollOverMs > 0 ? { rollOverMs: config.rollOverMs } : {}),
      ...(config.staleMs > 0 ? { staleMs: config.staleMs } : {}),
      onOpen(connection, overlapping) {
        const subscriber = new Subscriber(connection, symbolStreams, (streams, reason) => {
          const refused = feeds[symbolStreams.indexOf(streams as string[])];
          deps.log.warn({ source: 'binance', symbol: refused?.symbol, reason }, 'the venue refused a subscription');
          refused?.refused();
        });
        for (const [id, other] of subscribers) if (!other.live) subscribers.delete(id);
        subscribers.set(connection.id, subscriber);
        subscriber.subscribe();
        if (!overlapping) for (const feed of feeds) feed.connected();
      },
      onMessage,
      onClose(connection) {
        subscribers.delete(connection.id);
        // During a roll-over the other connection carries on.
        if ([...subscribers.values()].some((other) => other.live)) return;
        for (const feed of feeds) feed.disconnected();
      },
      onStale(connection, aliveKey) {
        const [channel, symbol] = aliveKey.split(':') as [string, string];
        feeds.find((feed) => feed.symbol === symbol)?.stale(channel);
        subscribers.get(connection.id)?.again(streamName(symbol, channel));
      },
    },
    signal,
  );
  await Promise.all([resnapshots, silence]);
  await Promise.all(feeds.map((feed) => feed.idle()));
  if (failure.signal.aborted) throw failure.signal.reason;
}

/** Checks the ids of a frame; one that lacks them is only counted as seen, the parse stage will reject it. */
function check({ kind, channel, feed }: StreamRoute, head: string, receivedTime: number): void {
  feed.seen(channel, receivedTime);
  if (kind === 'trade') {
    const id = numberOf(head, '"t":');
    if (id !== undefined) feed.trade(id, receivedTime);
  } else if (kind === 'depth') {
    const first = numberOf(head, '"U":');
    const last = numberOf(head, '"u":');
    if (first !== undefined && last !== undefined) feed.depth(numberOf(head, '"pu":') ?? first - 1, last, receivedTime);
  }
}

/** `btcusdt@depth` of `btcusdt@depth@100ms`: a connection may bring a book at another speed than ours asks for. */
function withoutSpeed(stream: string): string {
  const second = stream.indexOf('@', stream.indexOf('@') + 1);
  return second < 0 ? stream : stream.slice(0, second);
}

export function streamName(symbol: string, channel: string): string {
  const lower = symbol.toLowerCase();
  return channel === 'depth' ? `${lower}@depth@100ms` : `${lower}@${channel}`;
}

/** The venue accepts subscriptions of symbols it does not have and sends nothing; somebody should hear of it. */
async function warnOfSilence(feeds: readonly SymbolFeed[], deps: CollectDeps): Promise<void> {
  await deps.clock.sleep(SILENCE_MS, deps.signal);
  if (deps.signal.aborted) return;
  const symbols = feeds.filter((feed) => !feed.hasData).map((feed) => feed.symbol);
  if (symbols.length > 0)
    deps.log.warn({ source: 'binance', symbols }, 'symbols without any data; does the venue list them?');
}

/** Spreads the books' regular snapshots evenly over the interval. */
async function resnapshotPeriodically(
  feeds: readonly SymbolFeed[],
  config: BinanceConfig,
  deps: CollectDeps,
): Promise<void> {
  if (config.resnapshotMs === 0 || !config.channels.includes('depth')) return;
  const pauseMs = Math.max(1000, config.resnapshotMs / feeds.length);
  while (!deps.signal.aborted) {
    for (const feed of feeds) {
      await deps.clock.sleep(pauseMs, deps.signal);
      if (deps.signal.aborted) return;
      feed.resnapshot();
    }
  }
}
