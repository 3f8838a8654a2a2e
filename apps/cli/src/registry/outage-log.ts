import type { ErrorCode, Log } from '@alphapulse/core';

/** The last thing that a library waited for. */
export interface Outage {
  readonly code: ErrorCode;
  readonly message: string;
}

const outageCodes: readonly ErrorCode[] = ['broker_unavailable', 'schema_registry_unavailable', 'registry_busy'];

/** Passes lines on, and remembers the outage that was reported last, so that giving up can say why. */
export class OutageLog implements Log {
  last: Outage | undefined;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  debug(fields: object, message?: string): void {
    this.#log.debug(fields, message);
  }
  info(fields: object, message?: string): void {
    this.#log.info(fields, message);
  }
  warn(fields: object, message?: string): void {
    this.#remember(fields);
    this.#log.warn(fields, message);
  }
  error(fields: object, message?: string): void {
    this.#remember(fields);
    this.#log.error(fields, message);
  }

  #remember(fields: object): void {
    const { code, error } = fields as { code?: ErrorCode; error?: unknown };
    if (code !== undefined && outageCodes.includes(code))
      this.last = { code, message: typeof error === 'string' ? error : '' };
  }
}
