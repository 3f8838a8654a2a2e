import { writeTasks } from '@alphapulse/app-cli/start/tasks.ts';
import { systemClock } from '@alphapulse/core';
import {
  binanceProtocol,
  type DislocationOptions,
  Faults,
  krakenProtocol,
  MarketDriver,
  MarketModel,
  type MarketSpeed,
  type PlantedDislocation,
  startVenueServer,
  type VenueServer,
} from '@alphapulse/testkit';
import type { Kafka } from './kafka.ts';

export interface LocalVenues {
  readonly binance: VenueServer;
  readonly kraken: VenueServer;
  readonly model: MarketModel;
  /** Planted dislocations as they end. */
  readonly truth: PlantedDislocation[];
  /** Every frame each server has sent, injected ones left out, in order. */
  readonly sent: { readonly binance: string[]; readonly kraken: string[] };
  /** Writes the tasks that collect from these servers. */
  wish(kafka: Kafka): Promise<void>;
  /** Stops the market and waits until nothing more is sent; the servers stay up. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

/** Local venue servers with a simulated market in this process. */
export async function startVenues(options: {
  seed: number;
  eventsPerSecond?: number;
  speed?: MarketSpeed;
  dislocations?: Partial<DislocationOptions> | false;
}): Promise<LocalVenues> {
  const clock = systemClock;
  const model = new MarketModel({
    seed: options.seed,
    startUs: clock.nowUs(),
    eventsPerSecond: options.eventsPerSecond ?? 300,
    dislocations: options.dislocations ?? false,
  });
  const sent = { binance: [] as string[], kraken: [] as string[] };
  const start = (venue: 'binance' | 'kraken') => {
    const faults = new Faults();
    // A rule that never applies sees every frame that goes out.
    faults.drop((frame) => {
      sent[venue].push(frame);
      return false;
    }, Number.POSITIVE_INFINITY);
    const market = model.venues.get(venue);
    if (!market) throw new Error(`the model has no ${venue}`);
    return startVenueServer({
      protocol: venue === 'binance' ? binanceProtocol : krakenProtocol,
      market,
      clock,
      faults,
    });
  };
  const binance = await start('binance');
  const kraken = await start('kraken');
  const truth: PlantedDislocation[] = [];
  const driver = new MarketDriver({
    model,
    servers: [binance, kraken],
    clock,
    ...(options.speed === undefined ? {} : { speed: options.speed }),
    onTruth: (planted) => truth.push(planted),
  });
  driver.start();
  const symbols = (venue: string, separator: string) =>
    (model.venues.get(venue)?.pairs ?? []).map(({ base, quote }) => `${base}${separator}${quote}`);
  return {
    binance,
    kraken,
    model,
    truth,
    sent,
    wish: (kafka) =>
      writeTasks(
        [
          {
            id: 'binance/0',
            source: 'binance',
            config: {
              market: 'spot',
              symbols: symbols('binance', ''),
              channels: ['trade', 'bookTicker', 'depth'],
              wsEndpoints: [binance.wsUrl],
              restEndpoint: binance.httpUrl,
            },
          },
          {
            id: 'kraken/0',
            source: 'kraken',
            config: {
              symbols: symbols('kraken', '/'),
              channels: ['trade', 'ticker', 'book', 'instrument'],
              bookDepth: 10,
              wsEndpoints: [`${kraken.wsUrl}/v2`],
              restEndpoint: kraken.httpUrl,
            },
          },
        ],
        true,
        { producer: kafka.producer, schemas: kafka.schemas, kafka: kafka.config, clock },
      ),
    quiet: () => driver.stop(),
    async stop() {
      await driver.stop();
      await binance.close();
      await kraken.close();
    },
  };
}
