import { defineStage } from '@alphapulse/core';
import { internalLegs, processedQuotes } from '@alphapulse/topics';
import type { SyntheticLookup } from '../shared/synthetic-lookup.ts';
import { SyntheticLegsProcessor } from './processor.ts';

export const syntheticLegs = defineStage({
  name: 'synthetic-legs',
  doc: 'Sends every quote to the synthetics that its instrument is a leg of, so that the legs of one meet in a partition.',
  reads: [processedQuotes],
  writes: [internalLegs],
  create: (deps: { readonly synthetics: SyntheticLookup }) => new SyntheticLegsProcessor(deps.synthetics),
});
