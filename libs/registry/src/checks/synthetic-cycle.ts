import type { Synthetic } from '@alphapulse/schemas';

/**
 * The way by which a synthetic would be made of itself, as names from its leg on; undefined where there is none.
 * Definitions change with time, so a way counts only where all that are on it hold at the same time.
 */
export function findCycle(
  placed: Synthetic,
  versionsOf: (id: string) => readonly Synthetic[],
): readonly string[] | undefined {
  const seen = new Set<string>();
  return placed.legs
    .map(({ name, instrumentId }) => search(instrumentId, placed.validFrom, placed.validTo, [name]))
    .find((way) => way !== undefined);

  function search(id: string, from: number, to: number | null, way: readonly string[]): readonly string[] | undefined {
    if (id === placed.id) return way;
    const visit = `${id} ${from} ${to}`;
    // A synthetic that many others are made of is looked into once.
    if (seen.has(visit)) return undefined;
    seen.add(visit);
    for (const version of versionsOf(id)) {
      const start = Math.max(from, version.validFrom);
      const end = earlier(to, version.validTo);
      if (end !== null && end <= start) continue;
      for (const leg of version.legs) {
        const found = search(leg.instrumentId, start, end, [...way, `${version.name}.${leg.name}`]);
        if (found) return found;
      }
    }
    return undefined;
  }
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
