/**
 * Codes that a venue uses for an asset we call otherwise. Only rules that hold for everything the venue writes
 * so are here: prefixes and suffixes are never cut by pattern, because ZRX, XTZ and ZEUS are names of their own.
 */
const aliases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Any venue: XBT is Bitcoin's code in the manner of ISO 4217, where X marks money of no country.
  // https://support.kraken.com/hc/en-us/articles/360001206766-Bitcoin-currency-code-XBT-vs-BTC
  '*': { XBT: 'BTC' },
  kraken: {
    // Kraken's WebSocket v1, REST altname and wsname. (v2 of the feed says BTC and DOGE.)
    XDG: 'DOGE',
    // REST internal names: X before the first crypto assets, Z before fiat, to fill four letters.
    // https://docs.kraken.com/api/docs/rest-api/get-asset-info (keys of `result`, beside their `altname`)
    XXBT: 'BTC',
    XXDG: 'DOGE',
    XETC: 'ETC',
    XETH: 'ETH',
    XLTC: 'LTC',
    XMLN: 'MLN',
    XXLM: 'XLM',
    XXMR: 'XMR',
    XXRP: 'XRP',
    XZEC: 'ZEC',
    ZAUD: 'AUD',
    ZCAD: 'CAD',
    ZEUR: 'EUR',
    ZGBP: 'GBP',
    ZJPY: 'JPY',
    ZUSD: 'USD',
    // Augur changed its contract in 2020: Kraken kept REP for the old token and calls the new one REPV2.
    XREP: 'REPV1',
    REP: 'REPV1',
    REPV2: 'REP',
    // After Terra's collapse (May 2022) most venues call the old coins LUNC and USTC and the new one LUNA;
    // Kraken kept LUNA and UST for the old ones and lists the new one as LUNA2.
    LUNA: 'LUNC',
    LUNA2: 'LUNA',
    UST: 'USTC',
  },
};

/** Our code of an asset as a venue writes it: trimmed, in capitals, and through the venue's aliases, once. */
export function canonicalAsset(venue: string, code: string): string {
  const upper = code.trim().replace(/[a-z]+/g, (letters) => letters.toUpperCase());
  const own = aliases[venue];
  if (own && Object.hasOwn(own, upper)) return own[upper] as string;
  const common = aliases['*'] as Record<string, string>;
  return Object.hasOwn(common, upper) ? (common[upper] as string) : upper;
}

/** Aliases by the asset they mean, as `<venue>:<code>`, sorted. */
const byAsset = new Map<string, string[]>();
for (const [venue, codes] of Object.entries(aliases))
  for (const [code, asset] of Object.entries(codes))
    byAsset.set(asset, [...(byAsset.get(asset) ?? []), `${venue}:${code}`].sort());

/** Other codes of an asset as `<venue>:<code>` (`*` for any venue), sorted; for the registry's `aliases`. */
export function aliasesOf(asset: string): readonly string[] {
  return byAsset.get(asset) ?? [];
}
