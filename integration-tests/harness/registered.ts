import { type ListingSeen, systemClock } from '@alphapulse/core';
import { createRegistrar } from '@alphapulse/registry';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import { MarketModel } from '@alphapulse/testkit';
import type { Kafka } from './kafka.ts';

/** Registers what the simulated venues list, as their collectors would before the first message. */
export async function registerSimulatedListings(kafka: Kafka): Promise<void> {
  const model = new MarketModel({ seed: 1, startUs: 1_790_000_000_000_000 });
  const registrar = createRegistrar({
    config: kafka.config,
    schemaRegistryUrl: schemaRegistryUrl(),
    clock: systemClock,
  });
  for (const [venue, market] of model.venues) {
    const listings = market.pairs.map(
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
