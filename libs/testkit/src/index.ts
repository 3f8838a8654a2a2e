export { ManualClock } from './manual-clock.ts';
export { type DrivenOutput, StageDriver } from './stage-driver.ts';
export type * from './venues/protocol.ts';
