/** One client process for the registry benchmark: fills itself, then says as JSON what that took and how fast it answers. */
import { readFileSync } from 'node:fs';
import { systemClock } from '@alphapulse/core';
import { kafkaConfigFromEnv } from '@alphapulse/kafka';
import { createRegistryClient } from '@alphapulse/registry';
import { createLogger, schemaRegistryUrl } from '@alphapulse/runtime';
import { benchListings, benchTimeUs } from './entities.ts';

/** What the process prints. */
export interface ClientFigures {
  readonly entities: number;
  readonly filledFrom: string | undefined;
  readonly fillSeconds: number;
  /** Resident memory when filled, and the most it was on the way. */
  readonly rssMb: number;
  readonly peakMb: number;
  /** Of all listings, the busy ones most often as on a market; of all alike; of 1,000 of them. */
  readonly lookupsPerSecond: { readonly market: number; readonly uniform: number; readonly busy: number };
}

interface ListingName {
  readonly venue: string;
  readonly symbol: string;
}

const roundLookups = 3_000_000;
const count = Number(process.argv[2]);
const log = createLogger('bench-client');
log.level = 'warn';
const client = createRegistryClient({
  config: kafkaConfigFromEnv('alphapulse-bench-client', log),
  schemaRegistryUrl: schemaRegistryUrl(),
  redisUrl: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  clock: systemClock,
});
const startedMs = systemClock.nowMs();
await client.start();
const fillSeconds = (systemClock.nowMs() - startedMs) / 1000;
const counts = client.view.counts();
const status = readFileSync('/proc/self/status', 'utf8');
const megabytes = (field: string) => Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
const memory = { rssMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };

const listings = benchListings(count);
shuffle(listings);
const lookupsPerSecond = {
  busy: median(stream(uniform(Math.min(1_000, listings.length)))),
  market: median(stream(zipf(listings.length))),
  uniform: median(stream(uniform(listings.length))),
};
const figures: ClientFigures = {
  entities: Object.values(counts).reduce((sum, kind) => sum + kind, 0),
  filledFrom: client.health().filledFrom,
  fillSeconds,
  ...memory,
  lookupsPerSecond,
};
await client.close();
process.stdout.write(`${JSON.stringify(figures)}\n`);

/** Asks for the chosen listings over and over, each time as of another moment. */
function lookups(chosen: readonly ListingName[]): number {
  const fromUs = benchTimeUs + 1;
  let found = 0;
  const startedNs = process.hrtime.bigint();
  for (let number = 0; number < roundLookups; number++) {
    const { venue, symbol } = chosen[number % chosen.length] as ListingName;
    if (client.listing(venue, symbol, fromUs + number) !== undefined) found++;
  }
  const seconds = Number(process.hrtime.bigint() - startedNs) / 1e9;
  if (found !== roundLookups) throw new Error(`${roundLookups - found} listings were not found`);
  return roundLookups / seconds;
}

/** A stream of questions, each with strings of its own, as they stand on decoded events. */
function stream(draw: () => number): ListingName[] {
  return Array.from({ length: 500_000 }, () => {
    const { venue, symbol } = listings[draw()] as ListingName;
    return { venue: Buffer.from(venue).toString(), symbol: Buffer.from(symbol).toString() };
  });
}

function uniform(among: number): () => number {
  return () => Math.floor(Math.random() * among);
}

/** The n-th busiest listing is asked for 1/n as often as the busiest (Zipf), which is about how trading is spread. */
function zipf(among: number): () => number {
  const cumulated = new Float64Array(among);
  let sum = 0;
  for (let rank = 0; rank < among; rank++) {
    sum += 1 / (rank + 1);
    cumulated[rank] = sum;
  }
  return () => {
    const drawn = Math.random() * sum;
    let low = 0;
    let high = among - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulated[middle] as number) < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function shuffle(list: unknown[]): void {
  for (let at = list.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [list[at], list[other]] = [list[other], list[at]];
  }
}

/** Of five rounds after one that lets the compiler settle. */
function median(chosen: readonly ListingName[]): number {
  lookups(chosen);
  const rounds = Array.from({ length: 5 }, () => lookups(chosen)).sort((a, b) => a - b);
  return Math.round(rounds[2] as number);
}
