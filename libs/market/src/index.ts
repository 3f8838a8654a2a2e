export { aliasesOf, canonicalAsset } from './asset-aliases.ts';
export { type AssetKind, assetKind } from './asset-kind.ts';
export { BookSide } from './book-side.ts';
export { type DepthWalk, type SpreadWalk, walkDepth, walkSpread } from './depth-walk.ts';
export { BPS, buyCost, sellProceeds } from './fees.ts';
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
export { isIsin } from './isin.ts';
export type { Level } from './level.ts';
export { MinHeap } from './min-heap.ts';
export { type BookUpdate, OrderBook } from './order-book.ts';
export { RunningStatistics } from './running-statistics.ts';
export { SeenWindow } from './seen-window.ts';
export { grossBps, netBps, quotedSpreadBps } from './spread.ts';
export { usdValueOf } from './usd-value.ts';
