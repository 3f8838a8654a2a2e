import type { Quote } from '@alphapulse/schemas';
import { type InstrumentState, newInstrument } from './state.ts';

/** Key of the state that belongs to the whole lane: no instrument id looks like it. */
export const LANE_KEY = '*';

export function encodeLane(watermark: number): Uint8Array {
  return Buffer.from(JSON.stringify({ watermark }));
}

export function decodeLane(state: Uint8Array): number {
  return (JSON.parse(Buffer.from(state).toString()) as { watermark: number }).watermark;
}

type Saved = Omit<InstrumentState, 'instrumentId' | 'quoteUsd'>;

/** One instrument as JSON: doubles and microseconds come back exactly. */
export function encodeInstrument(instrument: InstrumentState | undefined, held: readonly Quote[]): Uint8Array {
  if (!instrument) return Buffer.from(JSON.stringify({ held }));
  const { instrument: identity, quotes, open, openedTime, openedIds } = instrument;
  const saved: Saved = { instrument: identity, quotes, open, openedTime, openedIds };
  return Buffer.from(JSON.stringify({ instrument: saved, held }));
}

export function decodeInstrument(
  instrumentId: string,
  state: Uint8Array,
): { instrument: InstrumentState | undefined; held: Quote[] } {
  const { instrument, held } = JSON.parse(Buffer.from(state).toString()) as { instrument?: Saved; held: Quote[] };
  if (!instrument) return { instrument: undefined, held };
  return { instrument: { ...newInstrument(instrumentId, instrument.instrument), ...instrument }, held };
}
