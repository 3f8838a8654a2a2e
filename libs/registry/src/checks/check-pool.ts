import { printIdentity } from '@alphapulse/market';
import { addressIdentity } from '../kinds.ts';
import type { Facts } from '../statement.ts';
import { checkAddress, checkChain } from './check-asset.ts';
import { type TokenPlace, tokenIdentity } from './check-token.ts';
import { checkVenueName } from './check-venue.ts';
import { type CheckContext, type Checked, said } from './checked.ts';
import { checkNames, checkNumber, isTime, type Loose, nullable, shown } from './fact-checks.ts';
import { instrumentNeeds, type NamedInstrument } from './instrument-facts.ts';
import { refuse } from './refuse.ts';
import { VenueNeed } from './venue-need.ts';

const names = ['blockchain', 'poolAddress', 'dex', 'token0', 'token1', 'feeTier', 'createdAt'];
/** A hundred per cent, in hundredths of a basis point. */
const maxFeeTier = 1_000_000;

export function checkPoolPlace({ blockchain, poolAddress }: Loose<Facts['pools']>): TokenPlace {
  const chain = checkChain('blockchain', blockchain);
  return { chain, address: checkAddress('poolAddress', chain, poolAddress) };
}

export function poolIdentity(place: TokenPlace): string {
  return poolInstrument(place).text;
}

function poolInstrument({ chain, address }: TokenPlace): NamedInstrument {
  const identity = { type: 'pool', chain, address: addressIdentity(address) } as const;
  return { identity, text: printIdentity(identity) };
}

export function checkPool(
  facts: Loose<Facts['pools']>,
  { chain, address }: TokenPlace,
  provenance: string,
  context: CheckContext,
): Checked<'pools'> {
  checkNames(facts, names);
  checkVenueName('dex', facts.dex);
  const dex = facts.dex as string;
  const token0 = checkAddress('token0', chain, facts.token0);
  const token1 = checkAddress('token1', chain, facts.token1);
  if (token0 === token1) refuse('fact_invalid', 'token1', 'a pool is of two tokens, this is token0');
  const feeTier = nullable(facts.feeTier, checkFeeTier);
  const { createdAt } = facts;
  if (!isTime(createdAt)) return refuse('fact_invalid', 'createdAt', `must be microseconds, not ${shown(createdAt)}`);
  // References last: they may be right tomorrow, what is before them not.
  const token0Id = checkRegistered('token0', { chain, address: token0 }, context);
  const token1Id = checkRegistered('token1', { chain, address: token1 }, context);
  return {
    over: (held) => ({
      token0Id,
      token1Id,
      dex,
      poolAddress: address,
      feeTier: said(feeTier, held?.feeTier, null),
      blockchain: chain,
      createdAt,
    }),
    needs: [
      new VenueNeed(chain, 'chain'),
      new VenueNeed(dex, 'dex'),
      ...instrumentNeeds(poolInstrument({ chain, address }), provenance),
    ],
  };
}

function checkRegistered(path: string, { chain, address }: TokenPlace, context: CheckContext): string {
  const id = context.idOf(tokenIdentity({ chain, address }));
  const [token] = context.versions('tokens', id);
  if (token?.chain !== chain || token.address !== address)
    refuse('reference_unknown', path, `no token of ${chain} is registered at ${address}`);
  return id;
}

function checkFeeTier(value: unknown): number {
  const fee = checkNumber('feeTier', value, { min: 0, max: maxFeeTier });
  if (!Number.isInteger(fee)) refuse('fact_invalid', 'feeTier', `must be a whole number, not ${fee}`);
  return fee;
}
