import { FatalError } from '@alphapulse/core';
import type { LegQuote } from '@alphapulse/schemas';
import type { Step } from './schedule.ts';
import { newSynthetic, type SyntheticState } from './state.ts';

/** Key of the state that belongs to the whole lane: no synthetic id looks like it. */
export const LANE_KEY = '*';

const FORMAT = 1;

export function encodeLane(watermark: number): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, watermark }));
}

/** @throws FatalError `config_invalid` for state that a later version of the stage has written. */
export function decodeLane(state: Uint8Array): number {
  const { format, watermark } = JSON.parse(Buffer.from(state).toString()) as { format: number; watermark: number };
  if (format > FORMAT)
    throw new FatalError(
      'config_invalid',
      `state.synthetics has format ${format}, this stage reads up to ${FORMAT}: run the version that wrote it or a later one`,
    );
  return watermark;
}

interface Saved extends Omit<SyntheticState, 'id' | 'quotes'> {
  readonly quotes: readonly (readonly [string, LegQuote[]])[];
  /** Quotes on hold: time, release time, quote. */
  readonly held: readonly (readonly [number, number, LegQuote])[];
}

/** One synthetic as JSON: doubles and microseconds come back exactly. */
export function encodeSynthetic({ id, quotes, ...rest }: SyntheticState, held: readonly Step[]): Uint8Array {
  const saved: Saved = {
    ...rest,
    quotes: [...quotes],
    held: held.flatMap(({ time, releaseTime, quote }) => (quote ? [[time, releaseTime, quote] as const] : [])),
  };
  return Buffer.from(JSON.stringify(saved));
}

export function decodeSynthetic(id: string, bytes: Uint8Array): { state: SyntheticState; held: Step[] } {
  const { quotes, held, ...rest } = JSON.parse(Buffer.from(bytes).toString()) as Saved;
  return {
    state: { ...newSynthetic(id), ...rest, quotes: new Map(quotes) },
    held: held.map(([time, releaseTime, quote]) => ({ time, releaseTime, syntheticId: id, quote })),
  };
}
