import type { Duplex } from 'node:stream';
import type { Clock } from '@alphapulse/core';
import type { WebSocket } from 'ws';
import type { DisconnectKind, Faults } from '../faults/faults.ts';
import type { MarketEvent, VenueMarket, VenueProtocol, VenueSession } from './protocol.ts';
import type { VenueServerStats } from './venue-server.ts';

interface VenueSocketOptions {
  readonly client: WebSocket;
  readonly raw: Duplex;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly stats: VenueServerStats;
}

/** One client's connection to a local venue: its session, with the faults applied to what goes out. */
export class VenueSocket {
  readonly raw: Duplex;
  /** True once the client has asked for something, in its URL or by a message. */
  active = false;
  readonly #client: WebSocket;
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #stats: VenueServerStats;
  readonly #openedUs: number;
  #session: VenueSession | undefined;
  #lastPingUs: number;
  #congestedUs: number | undefined;

  constructor(options: VenueSocketOptions) {
    this.raw = options.raw;
    this.#client = options.client;
    this.#clock = options.clock;
    this.#faults = options.faults;
    this.#stats = options.stats;
    this.#openedUs = options.clock.nowUs();
    this.#lastPingUs = this.#openedUs;
  }

  /** Begins the protocol's session and serves it until the connection ends. */
  run(protocol: VenueProtocol, url: URL, market: VenueMarket): void {
    this.active = url.search !== '' || url.pathname.includes('@');
    this.#client.on('error', () => this.#client.terminate());
    this.#client.on('close', () => this.#guard(() => this.#session?.closed?.()));
    this.#client.on('message', (data, binary) => {
      this.#stats.received++;
      this.active = true;
      if (!binary) this.#guard(() => this.#session?.message(data.toString()));
    });
    this.#guard(() => {
      this.#session = protocol.connect(
        url.pathname,
        url.searchParams,
        market,
        (text) => this.#send(text),
        () => this.#clock.nowUs(),
        (code, reason) => this.#client.close(code, reason),
      );
    });
  }

  event(event: MarketEvent): void {
    try {
      this.#session?.event(event);
    } catch (error) {
      this.#failed(error);
    }
  }

  tick(nowUs: number, pingMs: number | undefined, slowUs: number): void {
    const { disconnectEveryMs, disconnectEveryKind, silence } = this.#faults;
    if (disconnectEveryMs !== undefined && nowUs - this.#openedUs >= disconnectEveryMs * 1000) {
      this.disconnect(disconnectEveryKind, 1001, 'forced disconnect');
      return;
    }
    if (this.#congestedUs !== undefined && nowUs - this.#congestedUs > slowUs) {
      this.#stats.slow++;
      this.#client.terminate();
      return;
    }
    if (pingMs !== undefined && silence !== 'all' && nowUs - this.#lastPingUs >= pingMs * 1000) {
      this.#lastPingUs = nowUs;
      this.#client.ping(String(Math.floor(nowUs / 1000)));
    }
    this.#guard(() => this.#session?.tick(nowUs));
  }

  congested(highWaterBytes: number): boolean {
    const congested = this.#client.readyState === this.#client.OPEN && this.#client.bufferedAmount > highWaterBytes;
    if (!congested) this.#congestedUs = undefined;
    else this.#congestedUs ??= this.#clock.nowUs();
    return congested;
  }

  /** Sends a payload as it is, past the faults. */
  write(payload: string | Buffer, binary: boolean): void {
    if (this.#client.readyState !== this.#client.OPEN) return;
    this.#stats.frames++;
    this.#stats.bytes += payload.length;
    this.#client.send(payload, { binary });
  }

  disconnect(kind: DisconnectKind, code: number, reason: string): void {
    if (kind === 'close') {
      this.#client.close(code, reason);
      return;
    }
    if (kind === 'reset') {
      this.#client.terminate();
      return;
    }
    // A header that promises 512 bytes of text, a few of them, and the end.
    const partial = Buffer.concat([Buffer.from([0x81, 126, 2, 0]), Buffer.from('{"stream":"cut in the mid')]);
    this.raw.write(partial, () => this.raw.destroy());
  }

  /** Ends the connection at once, as the server shuts down. */
  end(): void {
    this.#client.close(1001, 'server shutdown');
    this.#client.terminate();
  }

  #send(text: string): void {
    const instead = this.#faults.outgoing(this, text);
    if (instead === undefined) this.write(text, false);
    else for (const frame of instead) this.write(frame, false);
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#stats.errors++;
    this.#client.close(1011, String(error).slice(0, 100));
  }
}
