import { once } from 'node:events';

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Terminal {
  /** Writes to standard output; resolves when more may be written. */
  out(text: string): Promise<void>;
  err(text: string): void;
  /** Columns of the terminal; undefined where output goes to a file or pipe, which has no width. */
  readonly width: number | undefined;
  /** True where standard error is a terminal, on which a line can be drawn over. */
  readonly interactive: boolean;
}

export const processTerminal: Terminal = {
  async out(text) {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  },
  err(text) {
    process.stderr.write(text);
  },
  get width() {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  },
  get interactive() {
    return process.stderr.isTTY === true;
  },
};
