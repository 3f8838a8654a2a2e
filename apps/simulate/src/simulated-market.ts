import { appendFileSync, writeFileSync } from 'node:fs';
import type { Clock } from '@alphapulse/core';
import {
  binanceProtocol,
  krakenProtocol,
  MarketDriver,
  MarketModel,
  type PlantedDislocation,
  startVenueServer,
  type VenueMarket,
  type VenueProtocol,
  type VenueServer,
} from '@alphapulse/testkit';
import type { SimulateOptions } from './options.ts';
import type { Simulation, SimulationTask } from './simulation.ts';

const protocols: Readonly<Record<string, VenueProtocol>> = { binance: binanceProtocol, kraken: krakenProtocol };

/** Starts a seeded market and a server for each of its venues. */
export async function startSimulatedMarket(options: SimulateOptions, clock: Clock): Promise<Simulation> {
  const model = new MarketModel({
    seed: options.seed,
    startUs: clock.nowUs(),
    eventsPerSecond: options.rate,
    dislocations: options.dislocations && { thresholdBps: options.thresholdBps },
  });
  const ports: Readonly<Record<string, number>> = { binance: options.binancePort, kraken: options.krakenPort };
  const servers: VenueServer[] = [];
  const closeAll = async () => {
    for (const server of servers) await server.close();
  };
  const tasks: SimulationTask[] = [];
  try {
    for (const [venue, market] of model.venues) {
      const protocol = protocols[venue];
      if (!protocol) throw new RangeError(`no protocol speaks for ${venue}`);
      const server = await startVenueServer({ protocol, market, clock, port: ports[venue] ?? 0 });
      servers.push(server);
      tasks.push(taskOf(venue, market, server));
    }
    if (options.truthFile !== undefined) writeFileSync(options.truthFile, '');
  } catch (error) {
    await closeAll();
    throw error;
  }

  const planted = { above: 0, below: 0 };
  const driver = new MarketDriver({
    model,
    servers,
    clock,
    speed: options.speed,
    onTruth: (truth: PlantedDislocation) => {
      planted[truth.aboveThreshold ? 'above' : 'below']++;
      if (options.truthFile !== undefined) appendFileSync(options.truthFile, `${JSON.stringify(truth)}\n`);
    },
  });
  driver.start();

  return {
    mode: 'simulated',
    label: `simulated market, seed ${options.seed}`,
    endpoints: servers.map(({ venue, wsUrl, httpUrl }) => ({ venue, label: 'simulated', wsUrl, httpUrl })),
    tasks,
    skipped: [],
    status: () => ({
      frames: servers.reduce((sum, { stats }) => sum + stats.frames, 0),
      done: false,
      details: {
        events: driver.events,
        planting: driver.planting,
        planted,
        thresholdBps: model.thresholdBps,
        venues: Object.fromEntries(servers.map(({ venue, stats }) => [venue, stats])),
      },
    }),
    async stop() {
      await driver.stop();
      await closeAll();
    },
  };
}

function taskOf(venue: string, market: VenueMarket, { wsUrl, httpUrl }: VenueServer): SimulationTask {
  const symbols = (separator: string) => market.pairs.map(({ base, quote }) => `${base}${separator}${quote}`);
  const config =
    venue === 'binance'
      ? {
          market: 'spot',
          symbols: symbols(''),
          channels: ['trade', 'bookTicker', 'depth'],
          wsEndpoints: [wsUrl],
          restEndpoint: httpUrl,
        }
      : {
          symbols: symbols('/'),
          channels: ['trade', 'ticker', 'book', 'instrument'],
          bookDepth: 10,
          wsEndpoints: [`${wsUrl}/v2`],
          restEndpoint: httpUrl,
        };
  return { id: `${venue}/0`, source: venue, simulated: true, config };
}
