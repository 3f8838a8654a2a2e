import { setMaxListeners } from 'node:events';
import { type Clock, FatalError, type Log, type Net } from '@alphapulse/core';
import { Feed } from './feed.ts';
import { HostLimits } from './host-limits.ts';
import { Http } from './http.ts';
import { shownEndpoint } from './shown-endpoint.ts';
import type { RateLimit } from './token-bucket.ts';

export interface NetOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to, not including, 1: jitter and connection ids. Default `Math.random`. */
  readonly random?: () => number;
  /** Certificates are always checked; `ca` (PEM) replaces the authorities that are trusted. */
  readonly tls?: { readonly ca?: string | Buffer };
  /** WebSocket connection attempts by host or parent domain, `*` for all others. */
  readonly connectionLimits?: Readonly<Record<string, RateLimit>>;
  /** Default 10 s, from the name lookup to the accepted upgrade. */
  readonly handshakeMs?: number;
}

/** Creates the one way out; limits are shared by all that use the same Net, so make one a process. */
export function createNet(options: NetOptions): Net {
  const { clock, log, random = Math.random, tls, connectionLimits, handshakeMs = 10_000 } = options;
  // Start time and a random part, so that ids of different runs and processes differ.
  const run = `${clock.nowMs().toString(36)}${Math.floor(random() * 36 ** 3)
    .toString(36)
    .padStart(3, '0')}`;
  let connections = 0;
  const deps = {
    clock,
    log,
    random,
    hosts: new HostLimits(clock, connectionLimits),
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    handshakeMs,
    nextId: (host: string) => `${host}/${run}-${++connections}`,
  };
  const http = new Http(deps);
  return {
    http: (request, signal) => {
      manyMayWait(signal);
      return http.request(request, signal);
    },
    webSocket: async (feed, signal) => {
      manyMayWait(signal);
      for (const endpoint of feed.endpoints) checkWebSocketAddress(endpoint);
      if (feed.endpoints.length === 0) throw new FatalError('config_invalid', 'endpoints: at least one is needed');
      await new Feed(feed, deps, signal).run();
    },
  };
}

function checkWebSocketAddress(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || (url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.hash)
    throw new FatalError('config_invalid', `endpoints: ${shownEndpoint(endpoint)} is not a ws or wss address`);
}

/** One signal stops all of a process: more than ten that listen to it are no leak. */
function manyMayWait(signal: AbortSignal): void {
  setMaxListeners(0, signal);
}
