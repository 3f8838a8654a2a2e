import type { Log } from '@alphapulse/core';

/** Keeps what is logged as `level: message`, with its fields. */
export class QuietLog implements Log {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[] = [];

  debug(fields: object, message = ''): void {
    this.#keep('debug', fields, message);
  }
  info(fields: object, message = ''): void {
    this.#keep('info', fields, message);
  }
  warn(fields: object, message = ''): void {
    this.#keep('warn', fields, message);
  }
  error(fields: object, message = ''): void {
    this.#keep('error', fields, message);
  }

  #keep(level: string, fields: object, message: string): void {
    this.lines.push({ level, message, fields });
  }
}
