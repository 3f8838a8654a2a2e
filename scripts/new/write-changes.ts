import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Change } from './change.ts';

/** Writes the changes below a folder. */
export function writeChanges(root: string, changes: readonly Change[]): void {
  for (const { path, after } of changes) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), after);
  }
}
