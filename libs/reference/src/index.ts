export { type CsvProvider, createCsvProvider, type DuplicateRow } from './csv-provider.ts';
export { csvColumns } from './csv-row.ts';
export { type AssetStatement, curatedStatements, type TokenStatement } from './curated-statements.ts';
export {
  type Enrichment,
  enrichInstruments,
  type InstrumentStatement,
  instrumentStatement,
} from './instrument-statement.ts';
export { loadAssetOverrides } from './load-overrides.ts';
export type { ChainAnswer, Disagreement, ProviderFailure } from './merge.ts';
export { type OpenFigiConfig, openFigiConfig } from './open-figi/config.ts';
export { createOpenFigiProvider, type OpenFigiOptions } from './open-figi/provider.ts';
export { type ChainOptions, ReferenceChain } from './reference-chain.ts';
export { type ReferenceDeps, referenceFromEnv } from './reference-from-env.ts';
export type { Failure, ProviderAnswer, ReferenceProvider } from './reference-provider.ts';
export { type FactName, factNames, type SecurityFacts } from './security-facts.ts';
export { checkKey, keyText, type SecurityKey } from './security-key.ts';
