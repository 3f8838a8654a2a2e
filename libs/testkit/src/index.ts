export { type DisconnectKind, Faults, type FrameMatch, type HttpOverride } from './faults/faults.ts';
export { type HostileFrame, hostileFrames } from './faults/hostile-frames.ts';
export { ManualClock } from './manual-clock.ts';
export { describePlayback, type PlayableFile, type PlaybackDescription } from './recording/describe-playback.ts';
export type { PlaybackProgress } from './recording/file-player.ts';
export {
  type Playback,
  type PlaybackOptions,
  type PlaybackTask,
  type PlayedFile,
  startPlayback,
} from './recording/playback.ts';
export { type DrivenOutput, StageDriver } from './stage-driver.ts';
export { binanceProtocol } from './venues/binance-protocol.ts';
export type { DislocationOptions, PlantedDislocation } from './venues/dislocations.ts';
export { MarketDriver, type MarketDriverOptions, type MarketSpeed } from './venues/drive.ts';
export { fakeProtocol } from './venues/fake-protocol.ts';
export { krakenProtocol } from './venues/kraken-protocol.ts';
export {
  type EmitMarketEvent,
  MarketModel,
  type MarketModelOptions,
  simulatedTakerFeesBps,
} from './venues/market-model.ts';
export type * from './venues/protocol.ts';
export { Random } from './venues/random.ts';
export { startVenueServer, type VenueServer, type VenueServerOptions } from './venues/venue-server.ts';
export type { WrongMapping } from './venues/wrong-mappings.ts';
