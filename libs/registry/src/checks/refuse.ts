import { type ErrorCode, RejectedRecordError } from '@alphapulse/core';

/**
 * Refuses a statement.
 * @param path field of the facts, for example `legs.0.instrument`
 */
export function refuse(code: ErrorCode, path: string, message: string): never {
  throw new RejectedRecordError(code, message, { details: { path } });
}

/** The path that an error names; empty where it is about the statement as a whole. */
export function pathOf(error: RejectedRecordError): string {
  const { path } = error.details;
  return typeof path === 'string' ? path : '';
}
