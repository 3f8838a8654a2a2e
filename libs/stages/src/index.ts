export { enrich, type ListingLookup } from './enrich/enrich.ts';
export { createParseStage } from './parse/parse.ts';
export { defaultValidateConfig, type ValidateConfig, validate } from './validate/validate.ts';
