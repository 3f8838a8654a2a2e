import { type ListingSeen, systemClock } from '@alphapulse/core';
import { createRegistrar } from '@alphapulse/registry';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import { MarketModel } from '@alphapulse/testkit';
import type { Kafka } from './kafka.ts';

/** A spot listing by its parts; precisions are decimal places. */
export interface ListedPair {
  readonly base: string;
  readonly quote: string;
  readonly pricePrecision: number;
  readonly sizePrecision: number;
}

/** Registers what the simulated venues list, as their collectors would before the first message. */
export async function registerSimulatedListings(kafka: Kafka): Promise<void> {
  const model = new MarketModel({ seed: 1, startUs: 1_790_000_000_000_000 });
  await registerListings(kafka, new Map([...model.venues].map(([venue, { pairs }]) => [venue, pairs])));
}

/** Registers spot listings by venue. */
export async function registerListings(kafka: Kafka, pairs: ReadonlyMap<string, readonly ListedPair[]>): Promise<void> {
  const registrar = createRegistrar({
    config: kafka.config,
    schemaRegistryUrl: schemaRegistryUrl(),
    clock: systemClock,
  });
  for (const [venue, listed] of pairs) {
    const listings = listed.map(
      ({ base, quote, pricePrecision, sizePrecision }): ListingSeen => ({
        venue,
        symbol: venue === 'binance' ? `${base}${quote}` : `${base}/${quote}`,
        type: 'spot',
        base,
        quote,
        tickSize: 10 ** -pricePrecision,
        lotSize: 10 ** -sizePrecision,
        takerFeeBps: venue === 'binance' ? 10 : 40,
        makerFeeBps: venue === 'binance' ? 10 : 25,
        status: 'trading',
        provenance: 'simulated market',
      }),
    );
    await registrar.register(listings, venue);
  }
  await registrar.close();
}
