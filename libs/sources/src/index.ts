import type { Source } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { binance } from './binance/source.ts';
import { kraken } from './kraken/source.ts';

/** Every source there is; a new one is a folder and a line here. */
export const sources: readonly Source<unknown, ParsedEvent>[] = [binance, kraken];
