export { defaultConnectionLimits } from './host-limits.ts';
export { createNet, type NetOptions } from './net.ts';
export { shownEndpoint } from './shown-endpoint.ts';
export type { RateLimit } from './token-bucket.ts';
