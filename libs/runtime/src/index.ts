export { deadLetterHeaders } from './dead-letter.ts';
export { envNumber, envSettings, schemaRegistryUrl } from './env.ts';
export { Lane } from './lane.ts';
export { createLogger } from './logger.ts';
export { patiently } from './patiently.ts';
export { type BatchResult, type DeadLetter, fate, type OutgoingRecord, Pipeline } from './pipeline.ts';
export { runApp } from './run-app.ts';
export { type RunStagesOptions, runStages } from './run-stages.ts';
