import { FatalError } from '@alphapulse/core';
import { PriceSanity, type PriceSanityLimits } from '@alphapulse/market';
import type { Quote } from '@alphapulse/schemas';
import { type InstrumentState, newInstrument } from './state.ts';

/** Key of the state that belongs to the whole lane: no instrument id looks like it. */
export const LANE_KEY = '*';

/**
 * Version of what is written. 1, which said no version, did not hold what is known of mappings: it is read as if no
 * price had been seen yet.
 */
const FORMAT = 2;

export function encodeLane(watermark: number): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, watermark }));
}

/** @throws FatalError `config_invalid` for state that a later version of the detector has written. */
export function decodeLane(state: Uint8Array): number {
  const { format = 1, watermark } = JSON.parse(Buffer.from(state).toString()) as { format?: number; watermark: number };
  if (format > FORMAT)
    throw new FatalError(
      'config_invalid',
      `state.arbitrage has format ${format}, this detector reads up to ${FORMAT}: run the version that wrote it or a later one`,
    );
  return watermark;
}

type Saved = Omit<InstrumentState, 'instrumentId' | 'quoteUsd' | 'sanity'>;

/** One instrument as JSON: doubles and microseconds come back exactly. */
export function encodeInstrument(instrument: InstrumentState | undefined, held: readonly Quote[]): Uint8Array {
  if (!instrument) return Buffer.from(JSON.stringify({ held }));
  const { instrument: identity, quotes, open, openedTime, openedIds, sanity } = instrument;
  const saved: Saved = { instrument: identity, quotes, open, openedTime, openedIds };
  return Buffer.from(JSON.stringify({ instrument: saved, sanity, held }));
}

export function decodeInstrument(
  instrumentId: string,
  state: Uint8Array,
  limits: PriceSanityLimits,
): { instrument: InstrumentState | undefined; held: Quote[] } {
  const { instrument, sanity, held } = JSON.parse(Buffer.from(state).toString()) as {
    instrument?: Saved;
    sanity?: unknown;
    held: Quote[];
  };
  if (!instrument) return { instrument: undefined, held };
  const judged = sanity === undefined ? new PriceSanity(limits) : PriceSanity.fromJSON(limits, sanity);
  return { instrument: { ...newInstrument(instrumentId, instrument.instrument, judged), ...instrument }, held };
}
