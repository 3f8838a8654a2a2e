import { allKinds, entityKinds, type Outcome, type RegistryView } from '@alphapulse/registry';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Materialiser } from './materialiser.ts';

export interface RegistryMetrics {
  /** The text of `/metrics`. */
  text(): Promise<{ readonly body: string; readonly contentType: string }>;
  request(method: string, route: string, status: number, seconds: number): void;
  /** What became of statements that were posted here. */
  registered(outcomes: readonly Outcome[]): void;
}

interface MetricSources {
  readonly view: Pick<RegistryView, 'corrupt' | 'collisions' | 'counts' | 'caughtUp'>;
  readonly materialiser: Pick<Materialiser, 'current' | 'written' | 'rebuilds' | 'corrupt' | 'lag'>;
  readonly redisAvailable: () => boolean;
  /** Dead letters written. */
  readonly deadLetters: { readonly written: number };
}

/** Prometheus metrics of this process; gauges read what they show when they are asked. */
export function createMetrics({ view, materialiser, redisAvailable, deadLetters }: MetricSources): RegistryMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  gauge('caught_up', '1 once the topics were read to their end', () => Number(view.caughtUp));
  gauge('corrupt_records', 'Corrupt registry records skipped by the view', () => view.corrupt);
  gauge('dead_letters', 'Corrupt registry records written to dlq.registry', () => deadLetters.written);
  gauge('redis_available', '1 while Redis answers', () => Number(redisAvailable()));
  gauge('redis_current', '1 while Redis has what the topics have', () => Number(materialiser.current));
  gauge('redis_records', 'Records written to Redis', () => materialiser.written);
  gauge('redis_corrupt_records', 'Corrupt registry records met on the way to Redis', () => materialiser.corrupt);
  gauge('redis_rebuilds', 'Topics written to Redis from their beginning', () => materialiser.rebuilds);
  new Gauge({
    name: 'alphapulse_registry_redis_lag_records',
    help: 'Records that Redis is behind the topic of a kind',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, lag] of materialiser.lag) this.set({ kind }, lag);
    },
  });
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

  // Rejections by this process's registrar, which the same statement repeats, and the records of them, one a collision.
  const collisions = new Counter({
    name: 'alphapulse_registry_collisions_total',
    help: 'Identities rejected because another has their id',
    labelNames: ['kind', 'seen'],
    registers,
    collect() {
      // While the topic is still being read its count would look like collisions of this minute.
      if (!view.caughtUp) return;
      const recorded = new Map<string, number>();
      for (const { entity } of view.collisions()) recorded.set(entity, (recorded.get(entity) ?? 0) + 1);
      for (const kind of new Set<string>([...entityKinds, ...recorded.keys()])) {
        this.remove({ kind, seen: 'topic' });
        this.inc({ kind, seen: 'topic' }, recorded.get(kind) ?? 0);
      }
    },
  });
  const registrations = new Counter({
    name: 'alphapulse_registry_registrations_total',
    help: 'Statements posted here, by what became of them',
    labelNames: ['kind', 'outcome', 'code'],
    registers,
  });
  const requests = new Counter({
    name: 'alphapulse_registry_http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'alphapulse_registry_http_seconds',
    help: 'Time to answer',
    labelNames: ['method', 'route'],
    buckets: [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `alphapulse_registry_${name}`,
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
    request(method, route, status, took) {
      requests.inc({ method, route, status });
      seconds.observe({ method, route }, took);
    },
    registered(outcomes) {
      for (const { kind, outcome, problem } of outcomes) {
        registrations.inc({ kind, outcome, code: problem?.code ?? '' });
        if (problem?.code === 'identity_collision') collisions.inc({ kind, seen: 'registrar' });
      }
    },
  };
}
