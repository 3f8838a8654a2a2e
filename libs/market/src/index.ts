export { addressInIdentity, normaliseAddress } from './address.ts';
export { aliasesOf, canonicalAsset } from './asset-aliases.ts';
export { type AssetKind, assetKind } from './asset-kind.ts';
export {
  type AssetOverride,
  AssetOverrides,
  curatedOverrides,
  overrideColumns,
  parseAssetOverrides,
} from './asset-overrides.ts';
export { type AssetToken, curatedToken, curatedTokens } from './asset-tokens.ts';
export { BookSide } from './book-side.ts';
export { type ChainFacts, type ChainFamily, canonicalChain, chainFacts, chains } from './chains.ts';
export { cusipCheckDigit, cusipOfIsin, isCusip, isinFromCusip } from './cusip.ts';
export { defaultFormula } from './default-formula.ts';
export { type DepthWalk, type SpreadWalk, walkDepth, walkSpread } from './depth-walk.ts';
export { checksumAddress, isEvmAddress } from './evm-address.ts';
export { BPS, buyCost, sellProceeds } from './fees.ts';
export { isFigi } from './figi.ts';
export { type Formula, parseFormula, reservedNames } from './formula.ts';
export {
  assetIdentity,
  instrumentIdentityOf,
  listingIdentity,
  perpetualIdentity,
  spotIdentity,
  venueIdentity,
} from './identities.ts';
export {
  type Identity,
  normaliseIdentity,
  type PairIdentity,
  parseIdentity,
  printIdentity,
} from './instrument-identity.ts';
export { isIsin, isinCheckDigit } from './isin.ts';
export type { Level } from './level.ts';
export { type AssetMapping, mapAsset } from './map-asset.ts';
export { isMic, type MicFacts, micFacts, mics } from './mic.ts';
export { MinHeap } from './min-heap.ts';
export { type BookUpdate, OrderBook } from './order-book.ts';
export { type OverriddenListing, overrideListing } from './override-listing.ts';
export { PriceSanity, type PriceSanityLimits, type SanityChange, type SanityListing } from './price-sanity.ts';
export { checkHeader, readTable, type TableRow, tableError } from './read-table.ts';
export { RunningStatistics } from './running-statistics.ts';
export { type ScaledAsset, scaledAsset } from './scaled-asset.ts';
export { SeenWindow } from './seen-window.ts';
export { isSolanaAddress } from './solana-address.ts';
export { grossBps, netBps, quotedSpreadBps } from './spread.ts';
export { usdValueOf } from './usd-value.ts';
