import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** Kafka 4 needs at least this. */
export const oldestJava = 17;

export interface Java {
  readonly command: string;
  /** Major version, e.g. 17. */
  readonly major: number;
  /** Full version, e.g. `17.0.15`. */
  readonly version: string;
}

/** Returns the Java of JAVA_HOME, else the one on the path, when it is new enough; undefined when there is none. */
export async function findJava(): Promise<Java | undefined> {
  const home = process.env.JAVA_HOME;
  const candidates = home === undefined ? ['java'] : [join(home, 'bin', 'java'), 'java'];
  for (const command of candidates) {
    if (command !== 'java' && !existsSync(command)) continue;
    const { code, output } = await runCommand(command, ['-version']);
    const version = /version "([^"]+)"/.exec(output)?.[1];
    if (code !== 0 || version === undefined) continue;
    const major = Number.parseInt(version, 10);
    if (major >= oldestJava) return { command, major, version };
  }
  return undefined;
}
