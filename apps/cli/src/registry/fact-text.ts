import { parseTimeUs, RejectedRecordError } from '@alphapulse/core';
import { UsageError } from '../usage-error.ts';
import type { FactType } from './fact-fields.ts';

type AssetToken = { readonly chain: string; readonly address: string; readonly decimals: number };
type Leg = { name: string; instrument: string; weight?: number; venue?: string };

/**
 * A fact from the texts of its flag (several for lists, which are repeated).
 * Only the writing is checked here; whether it can be true is the registry’s to say. @throws UsageError naming `field`.
 */
export function factFromTexts(type: FactType, field: string, texts: readonly string[]): unknown {
  const text = texts[texts.length - 1] ?? '';
  switch (type) {
    case 'text':
      return text;
    case 'number':
      return number(field, text);
    case 'time':
      return time(field, text);
    case 'aliases':
      return texts;
    case 'tokens':
      return texts.map((each) => token(field, each));
    case 'legs':
      return texts.map((each) => leg(field, each));
  }
}

function number(field: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`${field}: ${text} is no number`);
  return value;
}

function time(field: string, text: string): number {
  try {
    return parseTimeUs(text, field);
  } catch (error) {
    if (error instanceof RejectedRecordError) throw new UsageError(error.message);
    throw error;
  }
}

function token(field: string, text: string): AssetToken {
  const [, chain, address, decimals] = /^([^:]+):(.+):([^:]+)$/.exec(text) ?? [];
  if (chain === undefined || address === undefined || decimals === undefined)
    throw new UsageError(`${field}: ${text} is not CHAIN:ADDRESS:DECIMALS`);
  return { chain, address, decimals: number(field, decimals) };
}

function leg(field: string, text: string): Leg {
  // Settings are taken from the end, since an instrument's own text may hold commas.
  const [, name, instrument, settings = ''] = /^([^=]+)=(.+?)((?:,(?:weight|venue)=[^,]*)*)$/.exec(text) ?? [];
  if (name === undefined || instrument === undefined)
    throw new UsageError(`${field}: ${text} is not NAME=INSTRUMENT[,weight=N][,venue=V]`);
  const made: Leg = { name, instrument };
  for (const setting of settings.split(',').filter((each) => each !== '')) {
    const [key = '', value = ''] = setting.split('=', 2);
    if (key === 'weight') made.weight = number(field, value);
    else made.venue = value;
  }
  return made;
}
