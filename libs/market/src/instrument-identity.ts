import { addressInIdentity } from './address.ts';
import { canonicalChain } from './chains.ts';
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
 * characters. VENUE, PROVIDER, CHAIN and NAME: lower-case letters, digits and hyphens, at most 64; a CHAIN by the name
 * in `chains.ts`, never by an alias. SYMBOL and CODE of an index or indicator: the venue's or provider's own text,
 * verbatim, at most 128 characters, whatever it contains but white space and characters that nobody sees.
 * ADDRESS: `0x` and 40 lower-case hex digits on EVM chains (EIP-55 capitals are presentation; the identity has one
 * form), base58 of 32 bytes on Solana. On a chain that `chains.ts` does not have, what begins with `0x` must be an EVM
 * address, and the rest is verbatim. YYYYMMDD: a day that exists. STRIKE: a decimal number above zero without needless
 * zeros, at most 20 digits before and after the point.
 *
 * The parts of an identity are compared as they are, so for each thing one string is canonical: `parseIdentity` takes
 * no other, `printIdentity` prints no other, and `normaliseIdentity` finds it for what is written otherwise.
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
const VERBATIM = String.raw`[^\s\p{C}]{1,128}`;
const PAIR = `(?<base>${ASSET})/(?<quote>${ASSET})`;
const DERIVATIVE = `${PAIR}:(?<settle>${ASSET})`;
const EXPIRY = String.raw`(?<expiry>\d{8})`;

const bodies: Readonly<Record<Identity['type'], RegExp>> = {
  spot: whole(PAIR),
  perpetual: whole(DERIVATIVE),
  future: whole(`${DERIVATIVE}:${EXPIRY}`),
  option: whole(String.raw`${DERIVATIVE}:${EXPIRY}:(?<strike>(?:0|[1-9]\d{0,19})(?:\.\d{0,19}[1-9])?):(?<right>[CP])`),
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
 * The canonical form of an identity string written otherwise: case, white space around parts, composed letters, names
 * of chains, EIP-55 capitals, zeros of a strike, hyphens in a date, `call` and `put`. Null where it is none.
 * Normalising twice changes nothing. Venue aliases are not its business: `canonicalAsset`.
 */
export function normaliseIdentity(text: string): string | null {
  const [type = '', ...parts] = text.split(':').map((part) => part.trim());
  const kind = type.toLowerCase();
  const candidate = `${kind}:${normaliseBody(kind, parts)}`;
  return parseIdentity(candidate) === null ? null : candidate;
}

function normaliseBody(kind: string, parts: readonly string[]): string {
  const body = parts.join(':');
  switch (kind) {
    case 'spot':
    case 'perpetual':
    case 'asset':
      return normaliseAssets(body);
    case 'future':
    case 'option':
      return normaliseDerivative(parts);
    case 'equity':
    case 'etf':
      return body.toUpperCase().replace(/^ISIN:/, 'isin:');
    case 'synthetic':
    case 'venue':
      return body.toLowerCase();
    case 'token':
    case 'pool': {
      const chain = canonicalChain(parts[0] ?? '');
      const address = parts.slice(1).join(':');
      return `${chain}:${addressInIdentity(chain, address) ?? address}`;
    }
    default:
      return [(parts[0] ?? '').toLowerCase(), ...parts.slice(1)].join(':');
  }
}

function normaliseAssets(text: string): string {
  return upperAscii(text.normalize('NFC').replace(/\s*\/\s*/g, '/'));
}

/** Parts of a future or option: pair, settlement, day, and for an option strike and right. */
function normaliseDerivative([pair = '', settle = '', expiry = '', ...option]: readonly string[]): string {
  const day = expiry.replace(/^(\d{4})-(\d\d)-(\d\d)$/, '$1$2$3');
  const [strike, right, ...more] = option;
  return [
    normaliseAssets(pair),
    normaliseAssets(settle),
    day,
    ...(strike === undefined ? [] : [normaliseStrike(strike)]),
    ...(right === undefined
      ? []
      : [
          right
            .toUpperCase()
            .replace(/^CALL$/, 'C')
            .replace(/^PUT$/, 'P'),
        ]),
    ...more,
  ].join(':');
}

/** `060000.50` → `60000.5`, `.5` → `0.5`; what is no decimal number stays, and is then no identity. */
function normaliseStrike(text: string): string {
  const match = /^(\d*)(?:\.(\d*))?$/.exec(text);
  if (!match || !/\d/.test(text)) return text;
  const whole = (match[1] ?? '').replace(/^0+/, '') || '0';
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
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
      return areAssets(identity.base, identity.quote, identity.settle) && isDate(identity.expiry);
    case 'option':
      return (
        areAssets(identity.base, identity.quote, identity.settle) && isDate(identity.expiry) && identity.strike !== '0'
      );
    case 'equity':
    case 'etf':
      return isIsin(identity.isin);
    case 'token':
    case 'pool':
      return (
        identity.chain === canonicalChain(identity.chain) &&
        identity.address === addressInIdentity(identity.chain, identity.address)
      );
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
  const [year = 0, month = 0, day = 0] = [yyyymmdd.slice(0, 4), yyyymmdd.slice(4, 6), yyyymmdd.slice(6)].map(Number);
  const time = new Date(Date.UTC(year, month - 1, day));
  return time.getUTCFullYear() === year && time.getUTCMonth() + 1 === month && time.getUTCDate() === day;
}

/** Only ASCII: other alphabets' case rules change letters (ß, ı) and venues write such tickers as they are. */
function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u');
}
