import type { SanityChange, SanityListing } from '@alphapulse/market';
import type { Mapping } from '@alphapulse/schemas';
import type { ArbitrageConfig } from './config.ts';
import type { InstrumentState } from './state.ts';

/** A change in what is believed of an instrument's listings as a record of `registry.mappings`. */
export function mappingRecord(
  { instrumentId, instrument }: InstrumentState,
  change: SanityChange,
  config: ArbitrageConfig,
  now: number,
): Mapping {
  return {
    id: instrumentId,
    instrument,
    state: change.state,
    venues: [...change.listings],
    limitBps: config.mappingLimitBps,
    reason: reasonOf(change, config),
    sinceTime: change.sinceTime,
    receivedTime: now,
  };
}

/** What was seen, as sentences. */
function reasonOf(change: SanityChange, config: ArbitrageConfig): string {
  const { listings, turnedSuspect, turnedConfirmed, forgotten } = change;
  const { mappingLimitBps, mappingSuspectAfterMs, mappingConfirmAfterMs, mappingForgetAfterMs } = config;
  const of = (venue: string) => listings.find((listing) => listing.venue === venue);
  const said: string[] = [];
  const off = turnedSuspect.flatMap((venue) => of(venue) ?? []);
  if (off.length > 0) {
    const others = listings.length === 2 ? 'the other’s price' : 'the median of the other venues';
    said.push(
      `${enumerate(off.map(describe))} ${off.length === 1 ? 'is' : 'are'} further than ${mappingLimitBps} bps from ${others}, for ${seconds(mappingSuspectAfterMs)} or longer.`,
    );
  }
  if (forgotten.length > 0)
    said.push(`Nothing was heard of ${enumerate(forgotten)} for ${seconds(mappingForgetAfterMs)} or longer.`);
  const alone = listings.length === 1 ? of(turnedConfirmed[0] ?? '') : undefined;
  if (alone && forgotten.length > 0) said.push(`There is no other price to compare ${alone.venue} with.`);
  else if (turnedConfirmed.length > 0)
    said.push(
      `${enumerate(turnedConfirmed)} ${turnedConfirmed.length === 1 ? 'has' : 'have'} agreed with the others within ${mappingLimitBps} bps for ${seconds(mappingConfirmAfterMs)} or longer.`,
    );
  return said.join(' ');
}

function describe({ venue, symbol, midPrice, deviationBps }: SanityListing): string {
  return `${venue} ${symbol} at ${digits(midPrice)} (${digits(deviationBps)} bps)`;
}

function enumerate(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

/** Enough digits to recognise a price by, without the noise of doubles. */
function digits(value: number): string {
  return String(Number(value.toPrecision(8)));
}
