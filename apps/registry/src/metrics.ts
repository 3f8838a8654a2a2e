import { allKinds, type RegistryView } from '@alphapulse/registry';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Materialiser } from './materialiser.ts';

export interface RegistryMetrics {
  /** The text of `/metrics`. */
  text(): Promise<{ readonly body: string; readonly contentType: string }>;
  request(route: string, status: number, seconds: number): void;
}

/** Prometheus metrics of this process; gauges read what they show when they are asked. */
export function createMetrics(
  view: RegistryView,
  cache: { readonly materialiser: Materialiser; readonly available: () => boolean },
): RegistryMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  gauge('alphapulse_registry_corrupt_records', 'Corrupt registry records skipped', () => view.corrupt);
  gauge('alphapulse_registry_collisions', 'Identity collisions recorded', () => view.counts().collisions);
  gauge('alphapulse_registry_caught_up', '1 once the topics were read to their end', () => Number(view.caughtUp));
  gauge('alphapulse_registry_redis_available', '1 while Redis answers', () => Number(cache.available()));
  gauge('alphapulse_registry_redis_current', '1 while Redis has what the topics have', () =>
    Number(cache.materialiser.current),
  );
  gauge('alphapulse_registry_redis_records', 'Records written to Redis', () => cache.materialiser.written);
  gauge(
    'alphapulse_registry_redis_rebuilds',
    'Topics written to Redis from their beginning',
    () => cache.materialiser.rebuilds,
  );
  new Gauge({
    name: 'alphapulse_registry_entities',
    help: 'Entities in memory',
    labelNames: ['kind'],
    registers,
    collect() {
      const counts = view.counts();
      for (const kind of allKinds) this.set({ kind }, counts[kind]);
    },
  });
  const requests = new Counter({
    name: 'alphapulse_registry_http_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'alphapulse_registry_http_seconds',
    help: 'Time to answer',
    labelNames: ['route'],
    buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
    registers,
  });

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
  return {
    async text() {
      return { body: await registry.metrics(), contentType: registry.contentType };
    },
    request(route, status, took) {
      requests.inc({ route, status });
      seconds.observe({ route }, took);
    },
  };
}
