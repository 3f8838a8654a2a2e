/** Which market an address belongs to. Their symbols and ids overlap, so each is a venue of its own. */
export type BinanceVenue = 'binance' | 'binance-us' | 'binance-usdm';

/** The venue behind an address as connected; local venue servers are `binance` unless their path says futures. */
export function venueOf(endpoint: string): BinanceVenue {
  if (endpoint.includes('fstream') || endpoint.includes('fapi')) return 'binance-usdm';
  return endpoint.includes('binance.us') ? 'binance-us' : 'binance';
}
