export * from './clock.ts';
export * from './errors.ts';
export * from './parse-time.ts';
export * from './source.ts';
export * from './stage.ts';
export * from './topic.ts';
