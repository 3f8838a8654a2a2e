import { curatedToken, printIdentity } from '@alphapulse/market';
import { addressIdentity } from '../kinds.ts';
import type { Facts } from '../statement.ts';
import { AssetNeed } from './asset-need.ts';
import { checkAddress, checkAssetCode, checkChain, checkDecimals } from './check-asset.ts';
import { type Checked, said } from './checked.ts';
import { checkNames, checkText, type Loose, nullable, optional, shown } from './fact-checks.ts';
import { instrumentNeeds, type NamedInstrument } from './instrument-facts.ts';
import { refuse } from './refuse.ts';
import { VenueNeed } from './venue-need.ts';

const names = ['chain', 'address', 'symbol', 'name', 'decimals', 'asset'];

export interface TokenPlace {
  readonly chain: string;
  /** As the chain's tools write it. */
  readonly address: string;
}

export function checkTokenPlace({ chain, address }: Loose<Facts['tokens']>): TokenPlace {
  const on = checkChain('chain', chain);
  return { chain: on, address: checkAddress('address', on, address) };
}

export function tokenIdentity(place: TokenPlace): string {
  return tokenInstrument(place).text;
}

function tokenInstrument({ chain, address }: TokenPlace): NamedInstrument {
  const identity = { type: 'token', chain, address: addressIdentity(address) } as const;
  return { identity, text: printIdentity(identity) };
}

export function checkToken(
  facts: Loose<Facts['tokens']>,
  { chain, address }: TokenPlace,
  provenance: string,
): Checked<'tokens'> {
  checkNames(facts, names);
  const symbol = checkLabel('symbol', facts.symbol, 64);
  const name = optional(facts.name, (value) => checkLabel('name', value, 256));
  const decimals = checkDecimals('decimals', facts.decimals);
  const asset = nullable(facts.asset, (value) => {
    checkAssetCode('asset', value);
    return value as string;
  });
  // Nobody has said what it is: where it is one of the curated tokens, that has been said once for all.
  const code = asset === undefined ? (curatedToken(chain, address)?.asset ?? null) : asset;
  return {
    over: (held) => ({
      chain,
      address,
      symbol,
      name: said(name, held?.name, symbol),
      decimals,
      asset: said(asset, held?.asset, code),
    }),
    needs: [
      new VenueNeed(chain, 'chain'),
      ...(code === null ? [] : [new AssetNeed(code, provenance, { tokens: [{ chain, address, decimals }] })]),
      ...instrumentNeeds(tokenInstrument({ chain, address }), provenance),
    ],
  };
}

/**
 * What a contract says of itself, cleaned: anybody can write one. Invisible and direction-changing characters go, white
 * space is made one space, letters are composed.
 */
function checkLabel(path: string, value: unknown, maxLength: number): string {
  if (typeof value !== 'string') return refuse('fact_invalid', path, `must be a text, not ${shown(value)}`);
  const visible = value.replace(/\s+/gu, ' ').replace(/\p{C}/gu, '').normalize('NFC');
  return checkText(path, visible, maxLength);
}
