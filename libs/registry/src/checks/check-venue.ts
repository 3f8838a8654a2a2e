import { isMic, venueIdentity } from '@alphapulse/market';
import type { VenueKind, VenueStatus } from '@alphapulse/schemas';
import type { Facts } from '../statement.ts';
import { curatedVenues, unknownVenue } from '../venues.ts';
import { type Checked, said } from './checked.ts';
import { isCountry } from './country.ts';
import { checkNames, checkOneOf, type Loose, nullable, optional, shown } from './fact-checks.ts';
import { refuse } from './refuse.ts';
import { timeZoneName } from './time-zone.ts';

const kinds = ['exchange', 'dex', 'broker', 'chain', 'synthetic'] as const satisfies readonly VenueKind[];
const statuses = ['active', 'inactive'] as const satisfies readonly VenueStatus[];
const names = ['name', 'kind', 'mic', 'country', 'timeZone', 'status'];

/** The identity of the venue that a fact names. */
export function checkVenueName(path: string, value: unknown): string {
  try {
    return venueIdentity(typeof value === 'string' ? value : '');
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse('identity_invalid', path, `not a venue (small letters, digits, hyphens): ${shown(value)}`);
  }
}

export function checkVenue(facts: Loose<Facts['venues']>): Checked<'venues'> {
  checkNames(facts, names);
  const name = facts.name as string;
  const kind = optional(facts.kind, (value) => checkOneOf('kind', value, kinds));
  const mic = nullable(facts.mic, checkMic);
  const country = nullable(facts.country, checkCountry);
  const timeZone = nullable(facts.timeZone, checkTimeZone);
  const status = optional(facts.status, (value) => checkOneOf('status', value, statuses));
  const first = (Object.hasOwn(curatedVenues, name) && curatedVenues[name]) || unknownVenue;
  return {
    over: (held) => ({
      name,
      kind: said(kind, held?.kind, first.kind),
      mic: said(mic, held?.mic, first.mic),
      country: said(country, held?.country, first.country),
      timeZone: said(timeZone, held?.timeZone, first.timeZone),
      status: said(status, held?.status, first.status),
    }),
    needs: [],
  };
}

function checkMic(value: unknown): string {
  if (typeof value === 'string' && isMic(value)) return value;
  return refuse('mic_invalid', 'mic', `not in the ISO 10383 list: ${shown(value)}`);
}

function checkCountry(value: unknown): string {
  if (typeof value === 'string' && isCountry(value)) return value;
  return refuse('country_invalid', 'country', `not an ISO 3166-1 alpha-2 code: ${shown(value)}`);
}

function checkTimeZone(value: unknown): string {
  const name = typeof value === 'string' ? timeZoneName(value) : null;
  return name ?? refuse('time_zone_invalid', 'timeZone', `not an IANA time zone: ${shown(value)}`);
}
