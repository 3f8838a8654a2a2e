import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

export interface Accepted {
  readonly ws: WebSocket;
  /** Beneath the protocol, for bytes that ws would never send. */
  readonly socket: Duplex;
  readonly url: string;
  readonly received: string[];
  pings: number;
}

/** A WebSocket server on the loopback interface that misbehaves on request. */
export class LocalVenue {
  readonly accepted: Accepted[] = [];
  upgrades = 0;
  /** Answers the next upgrades with this instead of accepting them. */
  refusal: { status: number; headers?: Record<string, string> } | undefined;
  onAccepted: (accepted: Accepted) => void = () => undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: 'ws' | 'wss';

  private constructor(server: Server, scheme: 'ws' | 'wss', autoPong: boolean) {
    this.#server = server;
    this.#scheme = scheme;
    const wss = new WebSocketServer({ noServer: true, autoPong, perMessageDeflate: false });
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.upgrades += 1;
      if (this.refusal) {
        const headers = Object.entries({ connection: 'close', 'content-length': '0', ...this.refusal.headers });
        const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
        socket.end(`HTTP/1.1 ${this.refusal.status} Refused\r\n${lines}\r\n`);
        return;
      }
      wss.handleUpgrade(request, socket, head, (ws) => {
        const accepted: Accepted = { ws, socket, url: request.url ?? '', received: [], pings: 0 };
        ws.on('message', (data) => accepted.received.push(data.toString()));
        ws.on('ping', () => {
          accepted.pings += 1;
        });
        this.accepted.push(accepted);
        this.onAccepted(accepted);
      });
    });
  }

  static async start(options: { autoPong?: boolean; tls?: { key: string; cert: string } } = {}): Promise<LocalVenue> {
    const server = options.tls ? createSecureServer(options.tls) : createServer();
    const venue = new LocalVenue(server, options.tls ? 'wss' : 'ws', options.autoPong ?? true);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return venue;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get last(): Accepted {
    return this.accepted.at(-1)!;
  }

  /** Connections that are up. */
  get connected(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
