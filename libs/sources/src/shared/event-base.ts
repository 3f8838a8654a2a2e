import type { RawRecord } from '@alphapulse/core';
import type { Origin } from '@alphapulse/schemas';

/** What every event carries of its raw record and its venue. */
export interface EventBase {
  readonly eventId: string;
  readonly source: string;
  readonly venue: string;
  readonly symbol: string;
  readonly eventTime: number;
  readonly eventTimeSource: 'venue' | 'received';
  readonly receivedTime: number;
  readonly origin: Origin;
}

/**
 * The fields all events share. `id` is the venue's own id of the event within venue, kind and symbol, so that
 * the same event collected twice has the same `eventId`. `venueTimeUs` is null where the venue sends no time.
 * Spread it after the first field (`{ kind, ...eventBase(…) }`), or write the fields out where every microsecond
 * counts: a literal that begins with the spread is several times slower.
 */
export function eventBase(
  record: RawRecord,
  venue: string,
  kind: string,
  symbol: string,
  id: string | number,
  venueTimeUs: number | null,
): EventBase {
  return {
    eventId: `${venue}:${kind}:${symbol}:${id}`,
    source: record.source,
    venue,
    symbol,
    eventTime: venueTimeUs ?? record.receivedTime,
    eventTimeSource: venueTimeUs === null ? 'received' : 'venue',
    receivedTime: record.receivedTime,
    origin: record.origin,
  };
}
