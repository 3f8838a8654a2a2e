import { agreedFacts, type SecurityFacts } from '../security-facts.ts';
import type { SecurityKey } from '../security-key.ts';
import type { FigiListing } from './protocol.ts';

/**
 * Facts of a security from the listings that a job found, which may be hundreds for an ISIN alone: one per exchange,
 * with a ticker of its own at each and a composite FIGI per country and currency.
 * - With a MIC in the key, the listings are those of that market already.
 * - Else, for an American ISIN or a CUSIP in the United States, the composite listing of the country (`exchCode` US)
 *   is the security at home, where there is one.
 * - Of what is left, only what all agree on is a fact; so a German share asked for by ISIN alone has a share class
 *   FIGI and a name, but a ticker and a composite FIGI only with a MIC.
 */
export function factsOfListings(key: SecurityKey, listings: readonly FigiListing[]): SecurityFacts {
  const home = key.mic === undefined && isAmerican(key) ? listings.filter(({ exchCode }) => exchCode === 'US') : [];
  return agreedFacts((home.length > 0 ? home : listings).map(factsOf));
}

/** A CUSIP is American or Canadian; the listing in the United States tells, so it may be looked for. */
function isAmerican(key: SecurityKey): boolean {
  return key.by === 'cusip' || (key.by === 'isin' && key.isin.startsWith('US'));
}

function factsOf({ compositeFIGI, shareClassFIGI, ticker, name, securityType }: FigiListing): SecurityFacts {
  return {
    ...(compositeFIGI === null ? {} : { figi: compositeFIGI }),
    ...(shareClassFIGI === null ? {} : { shareClassFigi: shareClassFIGI }),
    ...(ticker === null ? {} : { ticker }),
    ...(name === null ? {} : { name }),
    ...(securityType === null ? {} : { securityType }),
  };
}
