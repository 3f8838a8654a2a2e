import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@alphapulse/core';
import { WebSocketServer } from 'ws';
import { Faults } from '../faults/faults.ts';
import type { MarketEvent, VenueHttpResponse, VenueMarket, VenueProtocol } from './protocol.ts';
import { VenueSocket } from './venue-socket.ts';

export interface VenueServerOptions {
  readonly protocol: VenueProtocol;
  readonly market: VenueMarket;
  readonly clock: Clock;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  readonly faults?: Faults;
  /** A connection with more bytes waiting than this counts as congested. Default 256 KiB. */
  readonly highWaterBytes?: number;
  /** A connection that stays congested for so long is cut off, as venues do with slow readers. Default 30 s. */
  readonly slowMs?: number;
}

/** Counters since the start, all rising but `connections`. */
export interface VenueServerStats {
  /** Open now. */
  connections: number;
  accepted: number;
  frames: number;
  /** Of payload. */
  bytes: number;
  received: number;
  httpRequests: number;
  /** Connections cut off because they did not read. */
  slow: number;
  /** Errors of the protocol's own, which are bugs. */
  errors: number;
}

/** A venue on a local port: WebSocket and REST as its protocol speaks them, over a market that a driver moves. */
export interface VenueServer {
  readonly venue: string;
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly port: number;
  readonly stats: Readonly<VenueServerStats>;
  readonly faults: Faults;
  /** True when a connection has more waiting than its reader takes: stop producing. */
  readonly congested: boolean;
  /** True when a client has connected and can be expected to have subscribed. */
  readonly active: boolean;
  /** Hands an event of the market to every connection. */
  dispatch(event: MarketEvent): void;
  /** Call about once a second: heartbeats, pings and the ends of connections. */
  tick(nowUs: number): void;
  /** Joins the writes made within `run` to few system calls. */
  batch(run: () => void): void;
  close(): Promise<void>;
}

/** Starts a local venue; resolves when it listens. */
export async function startVenueServer(options: VenueServerOptions): Promise<VenueServer> {
  const { protocol, market, clock } = options;
  const host = options.host ?? '127.0.0.1';
  const faults = options.faults ?? new Faults();
  const highWaterBytes = options.highWaterBytes ?? 256 * 1024;
  const slowUs = (options.slowMs ?? 30_000) * 1000;
  const stats: VenueServerStats = {
    connections: 0,
    accepted: 0,
    frames: 0,
    bytes: 0,
    received: 0,
    httpRequests: 0,
    slow: 0,
    errors: 0,
  };
  const sockets = new Set<VenueSocket>();
  const abort = new AbortController();
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 1024 * 1024 });

  const answer = (request: IncomingMessage): VenueHttpResponse => {
    const url = new URL(request.url ?? '/', 'http://venue');
    const override = faults.httpOverride(`${url.pathname}${url.search}`);
    if (override)
      return {
        status: override.status,
        body: override.body ?? '',
        ...(override.headers && { headers: override.headers }),
      };
    try {
      return protocol.http(
        { method: request.method ?? 'GET', path: url.pathname, query: url.searchParams },
        market,
        clock.nowUs(),
      );
    } catch (error) {
      stats.errors++;
      return { status: 500, body: JSON.stringify({ error: String(error) }) };
    }
  };
  const http = createServer((request: IncomingMessage, response: ServerResponse) => {
    stats.httpRequests++;
    request.resume();
    const finish = () => {
      const { status, body, headers } = answer(request);
      response.writeHead(status, { 'content-type': 'application/json', 'x-simulated': 'true', ...headers }).end(body);
    };
    if (faults.httpDelayMs === 0) finish();
    else void clock.sleep(faults.httpDelayMs, abort.signal).then(finish);
  });

  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const url = new URL(request.url ?? '/', 'ws://venue');
    const override = faults.upgradeOverride(`${url.pathname}${url.search}`);
    if (override) {
      const headers = Object.entries(override.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
      const length = Buffer.byteLength(override.body ?? '');
      socket.end(
        `HTTP/1.1 ${override.status} Refused\r\n${headers.join('')}content-length: ${length}\r\nconnection: close\r\n\r\n${override.body ?? ''}`,
      );
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (client) => {
      stats.accepted++;
      stats.connections++;
      const connection = new VenueSocket({ client, raw: socket, clock, faults, stats });
      sockets.add(connection);
      client.on('close', () => {
        stats.connections--;
        sockets.delete(connection);
      });
      connection.run(protocol, url, withoutRefused(market, faults));
    });
  });

  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port ?? 0, host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  const detach = faults.attach({
    inject: (payload, binary) => {
      for (const socket of sockets) socket.write(payload, binary);
    },
    disconnect: (kind, code, reason) => {
      for (const socket of sockets) socket.disconnect(kind, code, reason);
    },
  });

  return {
    venue: protocol.venue,
    wsUrl: `ws://${host}:${port}`,
    httpUrl: `http://${host}:${port}`,
    port,
    stats,
    faults,
    get congested() {
      for (const socket of sockets) if (socket.congested(highWaterBytes)) return true;
      return false;
    },
    get active() {
      for (const socket of sockets) if (socket.active) return true;
      return false;
    },
    dispatch(event) {
      for (const socket of sockets) socket.event(event);
    },
    tick(nowUs) {
      for (const socket of sockets) socket.tick(nowUs, protocol.pingMs, slowUs);
    },
    batch(run) {
      for (const socket of sockets) socket.raw.cork();
      try {
        run();
      } finally {
        for (const socket of sockets) socket.raw.uncork();
      }
    },
    async close() {
      abort.abort();
      detach();
      for (const socket of sockets) socket.end();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      });
    },
  };
}

/** The market as a new connection sees it while some pairs are refused. */
function withoutRefused(market: VenueMarket, faults: Faults): VenueMarket {
  if (faults.refused.size === 0) return market;
  return {
    venue: market.venue,
    pairs: market.pairs.filter(({ base, quote }) => !faults.refused.has(`${base}/${quote}`)),
    book: (pair, depth) => market.book(pair, depth),
    trades: (pair, fromId, limit) => market.trades(pair, fromId, limit),
  };
}
