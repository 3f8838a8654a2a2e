import type { CollectorHealth, Gap } from '@alphapulse/schemas';
import { Recent } from './recent.ts';
import type { GapRow, Health, Mode, SourceStatus, TaskStatus } from './snapshot.ts';

/** Collectors report each second; after so long without a report a task counts as silent. */
const silentAfterMs = 10_000;
/** A task that reports no more leaves the view after so long. */
const forgottenAfterMs = 600_000;

/** Folds the health of collection tasks and the gaps of their feeds. */
export class CollectorState {
  readonly #tasks = new Recent<CollectorHealth>(500);
  readonly #openGaps = new Recent<GapRow>(500);
  readonly #gaps = new Recent<GapRow>(100);
  #healed = 0;

  collector(health: CollectorHealth): void {
    this.#tasks.set(health.id, health);
  }

  /** The task was withdrawn from `ops.collectors`. */
  collectorGone(id: string): void {
    this.#tasks.delete(id);
  }

  gap(gap: Gap): void {
    const row: GapRow = {
      id: gap.id,
      source: gap.source,
      channel: gap.channel,
      symbol: gap.symbol,
      cause: gap.cause,
      how: gap.how,
      detectedAtMs: gap.detectedTime / 1000,
      resyncMs: gap.resyncMs,
    };
    this.#gaps.set(gap.id, row);
    if (gap.resolvedTime === null) {
      this.#openGaps.set(gap.id, row);
      return;
    }
    this.#openGaps.delete(gap.id);
    this.#healed++;
  }

  gaps(): { open: number; healed: number; recent: GapRow[] } {
    return { open: this.#openGaps.size, healed: this.#healed, recent: this.#gaps.newest(20) };
  }

  tasks(nowMs: number): TaskStatus[] {
    return this.#visible(nowMs)
      .map((health) => taskStatus(health, nowMs))
      .sort((a, b) => a.id.localeCompare(b.id));
  }

  sources(nowMs: number): Record<string, SourceStatus> {
    const bySource = new Map<string, TaskStatus[]>();
    for (const task of this.tasks(nowMs)) bySource.set(task.source, [...(bySource.get(task.source) ?? []), task]);
    const sources: Record<string, SourceStatus> = Object.create(null);
    for (const source of [...bySource.keys()].sort()) sources[source] = sourceStatus(bySource.get(source) ?? []);
    return sources;
  }

  /** `recorded`: the local venue servers play recordings. */
  mode(nowMs: number, recorded: boolean): Mode {
    const visible = this.#visible(nowMs);
    const running = visible.filter(
      ({ state, reportedTime }) => state !== 'stopped' && nowMs - reportedTime / 1000 < 60_000,
    );
    const told = running.length > 0 ? running : visible;
    if (told.length === 0) return 'waiting';
    const simulated = told.filter((health) => health.simulated).length;
    if (simulated === 0) return 'live';
    if (simulated < told.length) return 'mixed';
    return recorded ? 'recorded' : 'simulated';
  }

  #visible(nowMs: number): CollectorHealth[] {
    return this.#tasks.newest().filter(({ reportedTime }) => nowMs - reportedTime / 1000 < forgottenAfterMs);
  }
}

function taskStatus(health: CollectorHealth, nowMs: number): TaskStatus {
  const quiet = health.state === 'stopped' || nowMs - health.reportedTime / 1000 >= silentAfterMs;
  return {
    id: health.id,
    source: health.source,
    collector: health.collector,
    endpoint: health.endpoint,
    startedAtMs: health.startedTime / 1000,
    state: quiet && health.state !== 'stopped' ? 'silent' : health.state,
    simulated: health.simulated,
    messages: health.messages,
    bytes: health.bytes,
    messagesPerSecond: quiet ? 0 : health.messagesPerSecond,
    reconnects: health.reconnects,
    gapsOpen: health.gapsOpen,
    gapsHealed: health.gapsHealed,
    lastMessageAgeMs: health.lastMessageTime === null ? null : Math.max(0, nowMs - health.lastMessageTime / 1000),
    lastError: health.lastError,
  };
}

function sourceStatus(tasks: readonly TaskStatus[]): SourceStatus {
  const running = tasks.filter(({ state }) => state !== 'stopped');
  const counted = running.length > 0 ? running : tasks;
  const sum = (of: (task: TaskStatus) => number) => counted.reduce((total, task) => total + of(task), 0);
  const ages = counted.flatMap(({ lastMessageAgeMs }) => (lastMessageAgeMs === null ? [] : [lastMessageAgeMs]));
  return {
    tasks: counted.length,
    endpoints: [...new Set(counted.map(({ endpoint }) => endpoint).filter(Boolean))],
    state: together(counted.map(({ state }) => state)),
    simulated: counted.every(({ simulated }) => simulated),
    messages: sum(({ messages }) => messages),
    bytes: sum(({ bytes }) => bytes),
    messagesPerSecond: sum(({ messagesPerSecond }) => messagesPerSecond),
    reconnects: sum(({ reconnects }) => reconnects),
    gapsOpen: sum(({ gapsOpen }) => gapsOpen),
    gapsHealed: sum(({ gapsHealed }) => gapsHealed),
    lastMessageAgeMs: ages.length > 0 ? Math.min(...ages) : null,
    lastError: counted.find(({ lastError }) => lastError !== null)?.lastError ?? null,
  };
}

function together(states: readonly Health[]): Health {
  const [first] = states;
  return first !== undefined && states.every((state) => state === first) ? first : 'degraded';
}
