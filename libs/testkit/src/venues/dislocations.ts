import type { Random } from './random.ts';

/** How planted dislocations are drawn. All times are in milliseconds of the clock's time. */
export interface DislocationOptions {
  /** An arbitrage counts from this net on, in basis points. Default 5. */
  readonly thresholdBps: number;
  /** Range of the distance to the threshold that is aimed at, in basis points. Default 6 to 40. */
  readonly distanceBps: readonly [min: number, max: number];
  /** Range of durations. Default 500 to 3000. */
  readonly durationMs: readonly [min: number, max: number];
  /** Range of pauses between the starts of two. Default 1500 to 4000. */
  readonly pauseMs: readonly [min: number, max: number];
  /** Share of those above the threshold. Default 0.6. */
  readonly aboveShare: number;
  /** From start to the first. Default 1000. */
  readonly leadMs: number;
  /** Ends by itself after so many. Default without end. */
  readonly count: number;
}

export const defaultDislocations: DislocationOptions = {
  thresholdBps: 5,
  distanceBps: [6, 40],
  durationMs: [500, 3000],
  pauseMs: [1500, 4000],
  aboveShare: 0.6,
  leadMs: 1000,
  count: Number.POSITIVE_INFINITY,
};

/** One dislocation as drawn, before it meets the market. */
export interface DislocationPlan {
  readonly instrument: string;
  /** The venue whose prices are shifted, up or down, against the other one's. */
  readonly shiftedVenue: string;
  readonly otherVenue: string;
  readonly direction: 'up' | 'down';
  /** Net of both taker fees that the opening prices shall show. */
  readonly netBps: number;
  readonly aboveThreshold: boolean;
  readonly durationUs: number;
}

/** The truth about one planted dislocation, computed from the tops of book that were published. */
export interface PlantedDislocation {
  /** Identity string of the instrument, for example `spot:BTC/USDT`. */
  readonly instrument: string;
  readonly buyVenue: string;
  readonly sellVenue: string;
  /** Best ask on the buying venue and best bid on the selling one as it opened. */
  readonly buyPrice: number;
  readonly sellPrice: number;
  /** (sell − buy) / buy as it opened. */
  readonly grossBps: number;
  /** Gross less both taker fees as it opened. */
  readonly netBps: number;
  /** Bounds of net over its whole duration. */
  readonly minNetBps: number;
  readonly maxNetBps: number;
  /** Size available on both sides as it opened, in units of the base asset, and the most there was. */
  readonly executableSize: number;
  readonly maxExecutableSize: number;
  /** Times of the book changes that opened and ended it. */
  readonly fromUs: number;
  readonly toUs: number;
  /** Net is above the threshold for its whole duration; if false, below it for its whole duration. */
  readonly aboveThreshold: boolean;
  /** False when the simulation ended before the dislocation did. */
  readonly complete: boolean;
}

/** An instrument listed on two venues. */
export interface Overlap {
  readonly instrument: string;
  readonly venues: readonly [string, string];
}

/** Draws the next dislocation and the pause after its start. */
export function drawDislocation(
  random: Random,
  overlaps: readonly Overlap[],
  options: DislocationOptions,
): { readonly plan: DislocationPlan; readonly pauseUs: number } {
  const overlap = random.pick(overlaps);
  const swap = random.next() < 0.5;
  const aboveThreshold = random.next() < options.aboveShare;
  const distance = random.between(...options.distanceBps);
  return {
    plan: {
      instrument: overlap.instrument,
      shiftedVenue: overlap.venues[swap ? 1 : 0],
      otherVenue: overlap.venues[swap ? 0 : 1],
      direction: random.next() < 0.5 ? 'up' : 'down',
      netBps: options.thresholdBps + (aboveThreshold ? distance : -Math.min(distance, 25)),
      aboveThreshold,
      durationUs: Math.round(random.between(...options.durationMs)) * 1000,
    },
    pauseUs: Math.round(random.between(...options.pauseMs)) * 1000,
  };
}
