import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PlayableFile } from './describe-playback.ts';

/** Binance’s quote assets that occur in symbols, longest first, to split a symbol that no listing explains. */
const quoteAssets = ['FDUSD', 'USDT', 'USDC', 'BUSD', 'TUSD', 'USDP', 'BIDR', 'DAI', 'USD']
  .concat(['BTC', 'ETH', 'BNB', 'XRP', 'TRX', 'EUR', 'GBP', 'TRY', 'BRL', 'AUD', 'JPY', 'RUB', 'UAH', 'NGN', 'ZAR'])
  .sort((a, b) => b.length - a.length);

interface ExchangeInfo {
  symbols: { symbol: string }[];
}
interface AssetPairs {
  result: Record<string, { wsname?: string }>;
}

/**
 * The listings that a source discovers while recordings are played: the recorded answer, byte for byte, when there is
 * one beside the recordings and it knows all their symbols; else with the missing ones added, marked simulated.
 */
export function playbackListings(file: PlayableFile, all: readonly PlayableFile[]): string {
  const alike = all.filter(
    (other) =>
      other.recordedSource === file.recordedSource &&
      other.market === file.market &&
      dirname(other.file) === dirname(file.file),
  );
  const symbols = [...new Set(alike.flatMap((other) => other.symbols))].sort();
  if (file.source === 'kraken') return krakenListings(recordedBody(file, /^AssetPairs_.*\.json$/), symbols);
  const recorded = file.market === 'usdm' ? undefined : recordedBody(file, /^exchangeInfo_.*\.json$/);
  return binanceListings(recorded, symbols, file.market);
}

function recordedBody(file: PlayableFile, name: RegExp): string | undefined {
  const folder = dirname(file.file);
  const newest = readdirSync(folder)
    .filter((entry) => name.test(entry))
    .sort()
    .at(-1);
  return newest === undefined ? undefined : readFileSync(join(folder, newest), 'utf8');
}

function binanceListings(recorded: string | undefined, symbols: readonly string[], market: 'spot' | 'usdm'): string {
  const info: ExchangeInfo = recorded === undefined ? { symbols: [] } : JSON.parse(recorded);
  const known = new Set(info.symbols.map(({ symbol }) => symbol));
  const missing = symbols.filter((symbol) => !known.has(symbol));
  if (recorded !== undefined && missing.length === 0) return recorded;
  return JSON.stringify({
    timezone: 'UTC',
    ...info,
    simulated: `listings made up from recordings: ${missing.join(', ')}`,
    symbols: [...info.symbols, ...missing.map((symbol) => binanceListing(symbol, market))],
  });
}

function binanceListing(symbol: string, market: 'spot' | 'usdm'): { symbol: string } {
  const quote = quoteAssets.find((asset) => symbol.endsWith(asset) && symbol.length > asset.length) ?? symbol.slice(-3);
  const base = symbol.slice(0, -quote.length);
  const common = {
    symbol,
    status: 'TRADING',
    baseAsset: base,
    quoteAsset: quote,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: '0.00000001', maxPrice: '1000000.00000000', tickSize: '0.00000001' },
      { filterType: 'LOT_SIZE', minQty: '0.00000001', maxQty: '9000000.00000000', stepSize: '0.00000001' },
    ],
    simulated: true,
  };
  if (market === 'usdm')
    return {
      ...common,
      pair: symbol,
      contractType: 'PERPETUAL',
      marginAsset: quote,
      deliveryDate: 4_133_404_800_000,
    } as {
      symbol: string;
    };
  return { ...common, isSpotTradingAllowed: true, permissions: ['SPOT'] } as { symbol: string };
}

/** REST and the v1 feed say XBT and XDG where the v2 feed says BTC and DOGE. */
function v1Name(symbol: string): string {
  return symbol.replace(/^BTC\/|\/BTC$/, (part) => part.replace('BTC', 'XBT')).replace(/^DOGE\//, 'XDG/');
}

function krakenListings(recorded: string | undefined, symbols: readonly string[]): string {
  const pairs: AssetPairs = recorded === undefined ? { result: {} } : JSON.parse(recorded);
  const known = new Set(Object.values(pairs.result).map(({ wsname }) => wsname));
  const missing = [...new Set(symbols.map(v1Name))].filter((name) => !known.has(name));
  if (recorded !== undefined && missing.length === 0) return recorded;
  const added = missing.map((wsname) => {
    const [base = '', quote = ''] = wsname.split('/');
    return [
      `${base}${quote}`,
      {
        altname: `${base}${quote}`,
        wsname,
        aclass_base: 'currency',
        base,
        aclass_quote: 'currency',
        quote,
        lot: 'unit',
        pair_decimals: 8,
        lot_decimals: 8,
        lot_multiplier: 1,
        fees: [[0, 0.4]],
        fees_maker: [[0, 0.25]],
        fee_volume_currency: 'ZUSD',
        ordermin: '0.00000001',
        status: 'online',
        simulated: true,
      },
    ] as const;
  });
  return JSON.stringify({ error: [], ...pairs, result: { ...pairs.result, ...Object.fromEntries(added) } });
}
