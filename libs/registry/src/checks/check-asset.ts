import { assetIdentity, assetKind, canonicalChain, normaliseAddress } from '@alphapulse/market';
import type { AssetKind, AssetToken } from '@alphapulse/schemas';
import type { Facts } from '../statement.ts';
import { withLearned } from './asset-need.ts';
import { type Checked, said } from './checked.ts';
import { checkNames, checkOneOf, checkText, type Loose, nullable, optional, shown } from './fact-checks.ts';
import { refuse } from './refuse.ts';

const kinds = ['crypto', 'fiat', 'stablecoin', 'equity', 'other'] as const satisfies readonly AssetKind[];
const names = ['code', 'kind', 'name', 'aliases', 'tokens'];

/** The identity of the asset that a fact names. */
export function checkAssetCode(path: string, value: unknown): string {
  try {
    return assetIdentity(typeof value === 'string' ? value : '');
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse('identity_invalid', path, `not an asset code: ${shown(value)}`);
  }
}

export function checkAsset(facts: Loose<Facts['assets']>): Checked<'assets'> {
  checkNames(facts, names);
  const code = facts.code as string;
  const kind = optional(facts.kind, (value) => checkOneOf('kind', value, kinds));
  const name = nullable(facts.name, (value) => checkText('name', value));
  const aliases = checkList('aliases', facts.aliases, checkAlias);
  const tokens = checkList('tokens', facts.tokens, checkToken);
  return {
    over: (held) =>
      withLearned(
        {
          code,
          kind: said(kind, held?.kind, assetKind(code)),
          name: said(name, held?.name, null),
          aliases: held?.aliases ?? [],
          tokens: held?.tokens ?? [],
        },
        aliases,
        tokens,
      ),
    learn: (held) => withLearned(held, aliases, tokens),
    needs: [],
  };
}

function checkList<T>(path: string, value: unknown, check: (path: string, value: unknown) => T): T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return refuse('fact_invalid', path, `must be a list, not ${shown(value)}`);
  return value.map((each, at) => check(`${path}.${at}`, each));
}

/** `<venue>:<code>`; `*` is any venue. */
function checkAlias(path: string, value: unknown): string {
  if (typeof value !== 'string' || !/^(?:\*|[a-z0-9][a-z0-9-]{0,63}):[^\s\p{C}]{1,64}$/u.test(value))
    return refuse('fact_invalid', path, `must be VENUE:CODE, not ${shown(value)}`);
  return value;
}

function checkToken(path: string, value: unknown): AssetToken {
  if (typeof value !== 'object' || value === null)
    return refuse('fact_invalid', path, `must be a chain, an address and decimals, not ${shown(value)}`);
  checkNames(value, ['chain', 'address', 'decimals'], `${path}.`);
  const { chain, address, decimals } = value as { chain?: unknown; address?: unknown; decimals?: unknown };
  const on = checkChain(`${path}.chain`, chain);
  return {
    chain: on,
    address: checkAddress(`${path}.address`, on, address),
    decimals: checkDecimals(`${path}.decimals`, decimals),
  };
}

/** Our name of a chain. */
export function checkChain(path: string, value: unknown): string {
  const chain = typeof value === 'string' ? canonicalChain(value) : '';
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(chain))
    return refuse('identity_invalid', path, `not a chain (small letters, digits, hyphens): ${shown(value)}`);
  return chain;
}

/** An address as the chain's tools write it. */
export function checkAddress(path: string, chain: string, value: unknown): string {
  const address = typeof value === 'string' ? normaliseAddress(chain, value) : null;
  return address ?? refuse('address_invalid', path, `not an address of ${chain}: ${shown(value)}`);
}

/** What `decimals()` of a contract can return, a uint8. https://eips.ethereum.org/EIPS/eip-20 */
export function checkDecimals(path: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255)
    return refuse('decimals_invalid', path, `must be a whole number from 0 to 255, not ${shown(value)}`);
  return value;
}
