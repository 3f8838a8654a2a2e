import { isIsin } from './isin.ts';

/**
 * A canonical identity string names one thing for good; ids are hashes of it. The grammar:
 *
 *     spot:BASE/QUOTE                        spot:BTC/USDT
 *     perpetual:BASE/QUOTE:SETTLE            perpetual:BTC/USDT:USDT
 *     future:BASE/QUOTE:SETTLE:YYYYMMDD      future:BTC/USD:BTC:20260327
 *     option:BASE/QUOTE:SETTLE:YYYYMMDD:STRIKE:C|P
 *     equity:isin:ISIN    etf:isin:ISIN      equity:isin:US0378331005
 *     index:PROVIDER:CODE                    index:spglobal:SPX
 *     indicator:PROVIDER:CODE                indicator:fred:CPIAUCSL
 *     token:CHAIN:ADDRESS                    token:ethereum:0xa0b8…eb48
 *     pool:CHAIN:ADDRESS
 *     synthetic:NAME
 *     asset:CODE                             asset:BTC
 *     venue:NAME                             venue:binance-usdm
 *     listing:VENUE:SYMBOL                   listing:kraken:BTC/USD
 *
 * BASE, QUOTE, SETTLE and CODE of an asset: letters (ASCII ones capital), digits and `. $ _ + * -`, NFC, at most 32
 * characters. VENUE, PROVIDER, CHAIN and NAME: lower-case letters, digits and hyphens. SYMBOL and CODE of an index
 * or indicator: the venue's own text, verbatim, whatever it contains but white space.
 * ADDRESS: `0x` and 40 lower-case hex digits on EVM chains (EIP-55 capitals are presentation; the identity has one
 * form), else verbatim, because base58 is case-sensitive. STRIKE: a decimal number without needless zeros.
 */
export type Identity =
  | { readonly type: 'spot'; readonly base: string; readonly quote: string }
  | { readonly type: 'perpetual'; readonly base: string; readonly quote: string; readonly settle: string }
  | {
      readonly type: 'future';
      readonly base: string;
      readonly quote: string;
      readonly settle: string;
      /** YYYYMMDD */
      readonly expiry: string;
    }
  | {
      readonly type: 'option';
      readonly base: string;
      readonly quote: string;
      readonly settle: string;
      readonly expiry: string;
      readonly strike: string;
      readonly right: 'C' | 'P';
    }
  | { readonly type: 'equity' | 'etf'; readonly isin: string }
  | { readonly type: 'index' | 'indicator'; readonly provider: string; readonly code: string }
  | { readonly type: 'token' | 'pool'; readonly chain: string; readonly address: string }
  | { readonly type: 'synthetic'; readonly name: string }
  | { readonly type: 'asset'; readonly code: string }
  | { readonly type: 'venue'; readonly name: string }
  | { readonly type: 'listing'; readonly venue: string; readonly symbol: string };

/** Instruments that have a base and a quote asset. */
export type PairIdentity = Extract<Identity, { base: string }>;

const ASSET = String.raw`[\p{Lu}\p{Lo}\p{Lm}\p{Ll}\p{Nd}.$_+*-]{1,32}`;
const NAME = '[a-z0-9][a-z0-9-]{0,63}';
const VERBATIM = String.raw`[^\s\p{Cc}\p{Cs}]{1,128}`;
const PAIR = `(?<base>${ASSET})/(?<quote>${ASSET})`;
const DERIVATIVE = `${PAIR}:(?<settle>${ASSET})`;
const EXPIRY = String.raw`(?<expiry>\d{8})`;

const bodies: Readonly<Record<Identity['type'], RegExp>> = {
  spot: whole(PAIR),
  perpetual: whole(DERIVATIVE),
  future: whole(`${DERIVATIVE}:${EXPIRY}`),
  option: whole(String.raw`${DERIVATIVE}:${EXPIRY}:(?<strike>(?:0|[1-9]\d*)(?:\.\d*[1-9])?):(?<right>[CP])`),
  equity: whole('isin:(?<isin>[A-Z0-9]{12})'),
  etf: whole('isin:(?<isin>[A-Z0-9]{12})'),
  index: whole(`(?<provider>${NAME}):(?<code>${VERBATIM})`),
  indicator: whole(`(?<provider>${NAME}):(?<code>${VERBATIM})`),
  token: whole(`(?<chain>${NAME}):(?<address>${VERBATIM})`),
  pool: whole(`(?<chain>${NAME}):(?<address>${VERBATIM})`),
  synthetic: whole(`(?<name>${NAME})`),
  asset: whole(`(?<code>${ASSET})`),
  venue: whole(`(?<name>${NAME})`),
  listing: whole(`(?<venue>${NAME}):(?<symbol>${VERBATIM})`),
};

/** Parses a canonical identity string; null for anything else, a string that only needs normalising included. */
export function parseIdentity(text: string): Identity | null {
  const colon = text.indexOf(':');
  const type = text.slice(0, colon);
  if (colon < 0 || !Object.hasOwn(bodies, type)) return null;
  const groups = bodies[type as Identity['type']].exec(text.slice(colon + 1))?.groups;
  if (!groups) return null;
  const identity = { type, ...groups } as unknown as Identity;
  return isCanonical(identity) ? identity : null;
}

/**
 * Prints an identity as its canonical string; `parseIdentity` gives the same identity back.
 * @throws RangeError when the parts make no identity, for example an asset code with a slash in it.
 */
export function printIdentity(identity: Identity): string {
  const text = join(identity);
  if (parseIdentity(text) === null) throw new RangeError(`not an identity: ${text}`);
  return text;
}

/**
 * The canonical form of an identity string written otherwise (case, white space around parts, composed letters);
 * null where it is none. Normalising twice changes nothing. Venue aliases are not its business: `canonicalAsset`.
 */
export function normaliseIdentity(text: string): string | null {
  const [type = '', ...rest] = text
    .normalize('NFC')
    .trim()
    .split(':')
    .map((part) => part.trim());
  const kind = type.toLowerCase();
  const body = rest.join(':');
  const candidate = (() => {
    switch (kind) {
      case 'spot':
      case 'perpetual':
      case 'future':
      case 'option':
      case 'asset':
        return upperAscii(body.replace(/\s*\/\s*/g, '/'));
      case 'equity':
      case 'etf':
        return body.toUpperCase().replace(/^ISIN:/, 'isin:');
      case 'synthetic':
      case 'venue':
        return body.toLowerCase();
      case 'token':
      case 'pool':
        return [(rest[0] ?? '').toLowerCase(), lowerHex(rest.slice(1).join(':'))].join(':');
      default:
        return [(rest[0] ?? '').toLowerCase(), ...rest.slice(1)].join(':');
    }
  })();
  const identity = parseIdentity(`${kind}:${candidate}`);
  return identity && printIdentity(identity);
}

function join(identity: Identity): string {
  switch (identity.type) {
    case 'spot':
      return `spot:${identity.base}/${identity.quote}`;
    case 'perpetual':
      return `perpetual:${identity.base}/${identity.quote}:${identity.settle}`;
    case 'future':
      return `future:${identity.base}/${identity.quote}:${identity.settle}:${identity.expiry}`;
    case 'option':
      return `option:${identity.base}/${identity.quote}:${identity.settle}:${identity.expiry}:${identity.strike}:${identity.right}`;
    case 'equity':
    case 'etf':
      return `${identity.type}:isin:${identity.isin}`;
    case 'index':
    case 'indicator':
      return `${identity.type}:${identity.provider}:${identity.code}`;
    case 'token':
    case 'pool':
      return `${identity.type}:${identity.chain}:${identity.address}`;
    case 'asset':
      return `asset:${identity.code}`;
    case 'listing':
      return `listing:${identity.venue}:${identity.symbol}`;
    default:
      return `${identity.type}:${identity.name}`;
  }
}

/** What the patterns cannot say. */
function isCanonical(identity: Identity): boolean {
  switch (identity.type) {
    case 'spot':
      return areAssets(identity.base, identity.quote);
    case 'perpetual':
      return areAssets(identity.base, identity.quote, identity.settle);
    case 'future':
    case 'option':
      return areAssets(identity.base, identity.quote, identity.settle) && isDate(identity.expiry);
    case 'equity':
    case 'etf':
      return isIsin(identity.isin);
    case 'token':
    case 'pool':
      return identity.address === lowerHex(identity.address) && !/^0x(?![0-9a-f]{40}$)/.test(identity.address);
    case 'asset':
      return areAssets(identity.code);
    default:
      return true;
  }
}

function areAssets(...codes: string[]): boolean {
  return codes.every((code) => code === upperAscii(code) && code === code.normalize('NFC'));
}

function isDate(yyyymmdd: string): boolean {
  const [year, month, day] = [yyyymmdd.slice(0, 4), yyyymmdd.slice(4, 6), yyyymmdd.slice(6)].map(Number);
  const time = new Date(Date.UTC(year as number, (month as number) - 1, day));
  return time.getUTCMonth() + 1 === month && time.getUTCDate() === day;
}

/** Only ASCII: other alphabets' case rules change letters (ß, ı) and venues write such tickers as they are. */
function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function lowerHex(address: string): string {
  return /^0[xX][0-9a-fA-F]*$/.test(address) ? address.toLowerCase() : address;
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u');
}
