import type { EntityKind } from '../kinds.ts';
import type { Statement } from '../statement.ts';
import { checkAsset, checkAssetCode } from './check-asset.ts';
import { checkInstrument } from './check-instrument.ts';
import { checkListing, checkListingPlace } from './check-listing.ts';
import { checkPool, checkPoolPlace, poolIdentity } from './check-pool.ts';
import { checkSynthetic, checkSyntheticName } from './check-synthetic.ts';
import { checkToken, checkTokenPlace, tokenIdentity } from './check-token.ts';
import { checkVenue, checkVenueName } from './check-venue.ts';
import type { CheckContext, Checked } from './checked.ts';
import { checkText, isTime, optional, shown } from './fact-checks.ts';
import { checkInstrumentIdentity } from './instrument-facts.ts';
import { refuse } from './refuse.ts';

/** A statement as the planner takes it: who it is about is known before the rest is looked at. */
export type Stated = { readonly [K in EntityKind]: StatedOf<K> }[EntityKind];

export interface StatedOf<K extends EntityKind> {
  readonly kind: K;
  readonly validFrom?: number;
  readonly validTo?: number;
  /** @throws RejectedRecordError naming the field that makes no identity. */
  identity(): string;
  /** @throws RejectedRecordError naming the field that is wrong. */
  check(id: string, context: CheckContext): Checked<K>;
  readonly provenance: string;
  readonly source?: string;
}

/**
 * Makes a statement ready for the planner. What comes from outside may be anything but the type it has here.
 * @throws RejectedRecordError for what is wrong whatever is known: validity and provenance.
 */
export function checkStatement(statement: Statement): Stated {
  const { validFrom, validTo } = statement;
  if (validFrom !== undefined && !isTime(validFrom))
    refuse('validity_invalid', 'validFrom', `must be microseconds from 0 on, not ${shown(validFrom)}`);
  if (validTo !== undefined && !isTime(validTo))
    refuse('validity_invalid', 'validTo', `must be microseconds from 0 on, not ${shown(validTo)}`);
  if (validTo !== undefined && validTo <= (validFrom ?? 0))
    refuse('validity_invalid', 'validTo', `ends at ${validTo}, before it begins at ${validFrom ?? 0}`);
  const provenance = checkText('provenance', statement.provenance, 1_000);
  const source = optional(statement.source, (value) => checkText('source', value, 64));
  const validity = {
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validTo === undefined ? {} : { validTo }),
    provenance,
    ...(source === undefined ? {} : { source }),
  };
  const { kind, facts } = statement;
  if (typeof facts !== 'object' || facts === null) refuse('fact_invalid', '', 'a statement has an object of facts');
  switch (kind) {
    case 'assets':
      return { kind, ...validity, identity: () => checkAssetCode('code', facts.code), check: () => checkAsset(facts) };
    case 'venues':
      return { kind, ...validity, identity: () => checkVenueName('name', facts.name), check: () => checkVenue(facts) };
    case 'instruments': {
      const named = once(() => checkInstrumentIdentity('identity', facts.identity));
      return {
        ...{ kind, ...validity },
        identity: () => named().text,
        check: () => checkInstrument(facts, named(), provenance),
      };
    }
    case 'listings':
      return {
        ...{ kind, ...validity },
        identity: () => checkListingPlace(facts),
        check: (_id, context) => checkListing(facts, provenance, context),
      };
    case 'synthetics':
      return {
        ...{ kind, ...validity },
        identity: () => checkSyntheticName(facts.name),
        check: (id, context) => checkSynthetic(facts, id, provenance, context),
      };
    case 'tokens': {
      const place = once(() => checkTokenPlace(facts));
      return {
        ...{ kind, ...validity },
        identity: () => tokenIdentity(place()),
        check: () => checkToken(facts, place(), provenance),
      };
    }
    case 'pools': {
      const place = once(() => checkPoolPlace(facts));
      return {
        ...{ kind, ...validity },
        identity: () => poolIdentity(place()),
        check: (_id, context) => checkPool(facts, place(), provenance, context),
      };
    }
    default:
      return refuse('fact_invalid', '', `there is no kind ${shown(kind)}`);
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
