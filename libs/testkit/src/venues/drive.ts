import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@alphapulse/core';
import type { PlantedDislocation } from './dislocations.ts';
import type { MarketModel } from './market-model.ts';
import type { MarketEvent } from './protocol.ts';
import type { VenueServer } from './venue-server.ts';

/** Times the model's rate, or as fast as clients read. Event times are the clock's either way. */
export type MarketSpeed = number | 'max';

export interface MarketDriverOptions {
  readonly model: MarketModel;
  readonly servers: readonly VenueServer[];
  readonly clock: Clock;
  /** Default 1. */
  readonly speed?: MarketSpeed;
  /**
   * Dislocations begin so long after every venue has had a client, so that all of them are seen. Default 3 s.
   * Their own lead time comes on top.
   */
  readonly settleMs?: number;
  /** Called once for each planted dislocation, when it has ended or the market stops. */
  readonly onTruth?: (planted: PlantedDislocation) => void;
}

const pauseMs = 4;
const stepsPerBatch = 512;
const stepsPerCheck = 64;

/**
 * Moves a market with the clock and hands its events to the venues' servers, all venues in step.
 * Back-pressure: nothing happens on the market while a client of any venue has too much waiting.
 */
export class MarketDriver {
  readonly #options: MarketDriverOptions;
  readonly #servers: ReadonlyMap<string, VenueServer>;
  readonly #emit: (venue: string, event: MarketEvent) => void;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #events = 0;
  #lastTickUs = 0;
  #settledUs: number | undefined;
  #planting = false;
  #reported = 0;

  constructor(options: MarketDriverOptions) {
    this.#options = options;
    this.#servers = new Map(options.servers.map((server) => [server.venue, server]));
    this.#emit = (venue, event) => this.#servers.get(venue)?.dispatch(event);
    if (typeof options.speed === 'number') options.model.speed = options.speed;
  }

  /** Market events so far. */
  get events(): number {
    return this.#events;
  }

  /** True once dislocations are being planted. */
  get planting(): boolean {
    return this.#planting;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Stops the market; resolves when nothing more is sent. Dislocations that still run are reported as incomplete. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#options.model.finish();
    this.#report();
  }

  async #run(): Promise<void> {
    const { clock, servers, speed } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#tick(clock.nowUs());
      const congested = servers.some((server) => server.congested);
      const racing = speed === 'max' && servers.some((server) => server.active);
      if (!congested) this.#batch(racing);
      this.#report();
      if (racing && !congested) await setImmediate();
      else await clock.sleep(racing ? 1 : pauseMs, this.#stop.signal);
    }
  }

  #batch(racing: boolean): void {
    const { model, clock, servers } = this.#options;
    const produce = (): void => {
      if (!racing) {
        this.#events += model.advance(clock.nowUs(), this.#emit);
        return;
      }
      for (let steps = 0; steps < stepsPerBatch; steps++) {
        if (steps % stepsPerCheck === 0 && servers.some((server) => server.congested)) return;
        this.#events += model.step(clock.nowUs(), this.#emit);
      }
    };
    servers.reduce<() => void>((inner, server) => () => server.batch(inner), produce)();
  }

  #tick(nowUs: number): void {
    if (nowUs - this.#lastTickUs < 1e6) return;
    this.#lastTickUs = nowUs;
    const { servers, model, settleMs = 3000 } = this.#options;
    for (const server of servers) server.tick(nowUs);
    if (this.#planting) return;
    if (!servers.every((server) => server.active)) this.#settledUs = undefined;
    else this.#settledUs ??= nowUs + settleMs * 1000;
    if (this.#settledUs === undefined || nowUs < this.#settledUs) return;
    this.#planting = true;
    model.startDislocations(nowUs);
  }

  #report(): void {
    const { truth } = this.#options.model;
    for (; this.#reported < truth.length; this.#reported++)
      this.#options.onTruth?.(truth[this.#reported] as PlantedDislocation);
  }
}
