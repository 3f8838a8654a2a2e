import type {
  Clock,
  ConnectionStatus,
  Log,
  MessageOrigin,
  Net,
  VenueConnection,
  WebSocketOptions,
} from '@alphapulse/core';
import { ManualClock } from '@alphapulse/testkit';

export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // Logging is not what these tests look at.
}

export const roomySink = { full: false, drained: () => Promise.resolve() };

/** Counts the sleepers of a clock, to show that none is left behind. */
export function countingClock(clock: Clock): Clock & { readonly sleeping: number } {
  let sleeping = 0;
  return {
    nowUs: () => clock.nowUs(),
    nowMs: () => clock.nowMs(),
    get sleeping() {
      return sleeping;
    },
    async sleep(ms, signal) {
      sleeping += 1;
      await clock.sleep(ms, signal);
      sleeping -= 1;
    },
  };
}

/** Waits for real I/O to bring something about; a manual clock goes on by `stepMs` at each look. */
export async function eventually(what: () => boolean, clock?: Clock, stepMs = 100): Promise<void> {
  for (let looks = 0; looks < 2000; looks++) {
    if (what()) return;
    if (clock instanceof ManualClock) await clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`did not come about: ${what}`);
}

/** Lets manual time pass in steps, with room for real I/O between them. */
export async function pass(clock: ManualClock, ms: number, stepMs = 1000): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advance(stepMs);
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A feed that writes down all it is told. */
export class ObservedFeed {
  readonly opens: { connection: VenueConnection; overlapping: boolean }[] = [];
  readonly messages: { connection: VenueConnection; text: string; payload: Buffer; origin: MessageOrigin }[] = [];
  readonly closes: { connection: VenueConnection; reason: string }[] = [];
  readonly stales: string[] = [];
  readonly statuses: ConnectionStatus[] = [];
  readonly done: Promise<void>;
  error: unknown;
  readonly #controller = new AbortController();

  constructor(net: Net, options: Partial<WebSocketOptions> & Pick<WebSocketOptions, 'endpoints'>) {
    this.done = net
      .webSocket(
        {
          sink: roomySink,
          ...options,
          onOpen: (connection, overlapping) => {
            this.opens.push({ connection, overlapping });
            options.onOpen?.(connection, overlapping);
          },
          onMessage: (connection, payload, origin) => {
            this.messages.push({ connection, payload, text: payload.toString(), origin });
            options.onMessage?.(connection, payload, origin);
          },
          onClose: (connection, reason) => this.closes.push({ connection, reason }),
          onStale: (_connection, channel) => this.stales.push(channel),
          onStatus: (status) => this.statuses.push(status),
        },
        this.#controller.signal,
      )
      .catch((error: unknown) => {
        this.error = error;
      });
  }

  get texts(): string[] {
    return this.messages.map(({ text }) => text);
  }

  async stop(): Promise<void> {
    this.#controller.abort();
    await this.done;
  }
}
