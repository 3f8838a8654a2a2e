import type { Venue } from '@alphapulse/schemas';

export type VenueFacts = Pick<Venue, 'kind' | 'mic' | 'country' | 'timeZone' | 'status'>;

/**
 * Venues we know facts of. All trade around the clock and start their day, candles and statistics in UTC.
 * MIC is null throughout: ISO 10383 lists crypto companies by legal entity (category CASP), and no entry is
 * known to mean one of these order books. https://www.iso20022.org/market-identifier-codes
 */
export const curatedVenues: Readonly<Record<string, VenueFacts>> = {
  // Spot market of binance.com, which names no home country for it.
  // https://developers.binance.com/docs/binance-spot-api-docs
  binance: { kind: 'exchange', mic: null, country: null, timeZone: 'UTC', status: 'active' },
  // USDⓈ-margined futures of binance.com.
  // https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
  'binance-usdm': { kind: 'exchange', mic: null, country: null, timeZone: 'UTC', status: 'active' },
  // Spot market for residents of the United States, run by BAM Trading Services Inc. https://docs.binance.us
  'binance-us': { kind: 'exchange', mic: null, country: 'US', timeZone: 'UTC', status: 'active' },
  // Spot market run by Payward, Inc. https://docs.kraken.com/api/docs/guides/global-intro
  kraken: { kind: 'exchange', mic: null, country: 'US', timeZone: 'UTC', status: 'active' },
};

/** Facts of a venue that nobody has looked up yet. */
export const unknownVenue: VenueFacts = {
  kind: 'exchange',
  mic: null,
  country: null,
  timeZone: null,
  status: 'active',
};
