import { defineStage } from '@alphapulse/core';
import { internalLegs, processedQuotes } from '@alphapulse/topics';
import type { SyntheticLookup } from '../shared/synthetic-lookup.ts';
import type { SyntheticsConfig } from './config.ts';
import { SyntheticsProcessor } from './processor.ts';

export const synthetics = defineStage({
  name: 'synthetics',
  doc: 'Quotes every synthetic by its formula as its legs move.',
  reads: [internalLegs],
  writes: [processedQuotes],
  state: { kind: 'checkpoints', everyMs: 60_000 },
  create: (deps: { readonly config: SyntheticsConfig; readonly synthetics: SyntheticLookup }) =>
    new SyntheticsProcessor(deps.config, deps.synthetics),
});
