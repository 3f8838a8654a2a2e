import type { Clock } from '@alphapulse/core';

/** Failures are forgotten by half in this time. */
const halfLifeMs = 60_000;

interface Health {
  readonly endpoint: string;
  /** Failures, fading. */
  penalty: number;
  atUs: number;
}

/** The addresses of one feed with their health: each failure counts against one until it has faded. */
export class Endpoints {
  readonly #clock: Clock;
  readonly #all: Health[];

  constructor(clock: Clock, endpoints: readonly string[]) {
    this.#clock = clock;
    this.#all = endpoints.map((endpoint) => ({ endpoint, penalty: 0, atUs: clock.nowUs() }));
  }

  get count(): number {
    return this.#all.length;
  }

  /**
   * Returns the healthiest; those listed first win a draw.
   * `blockedMs` tells how long the venue has asked us to stay away: what is free goes before what must wait.
   */
  pick(blockedMs: (endpoint: string) => number): string {
    const ranked = this.#all
      .map((health) => ({ health, blocked: blockedMs(health.endpoint), penalty: this.#penalty(health) }))
      .sort((a, b) => a.blocked - b.blocked || a.penalty - b.penalty);
    return ranked[0]!.health.endpoint;
  }

  failed(endpoint: string, weight = 1): void {
    const health = this.#find(endpoint);
    health.penalty = this.#fade(health) + weight;
    health.atUs = this.#clock.nowUs();
  }

  worked(endpoint: string): void {
    this.#find(endpoint).penalty = 0;
  }

  /** In quarters, so that an old failure's remains do not decide for ever. */
  #penalty(health: Health): number {
    return Math.round(this.#fade(health) * 4);
  }

  #fade(health: Health): number {
    return health.penalty * 0.5 ** ((this.#clock.nowUs() - health.atUs) / 1000 / halfLifeMs);
  }

  #find(endpoint: string): Health {
    return this.#all.find((health) => health.endpoint === endpoint)!;
  }
}
