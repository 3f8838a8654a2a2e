import type { Change } from './change.ts';

/** The changes as a tree: `+` for new files, `~` for changed ones with the lines they gained. */
export function treeDiff(changes: readonly Change[]): string {
  const lines: string[] = [];
  let open: string[] = [];
  for (const { path, before, after } of [...changes].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const folders = path.split('/');
    const file = folders.pop() as string;
    const common = folders.findIndex((folder, at) => open[at] !== folder);
    for (let at = common < 0 ? folders.length : common; at < folders.length; at++)
      lines.push(`  ${'  '.repeat(at)}${folders[at]}/`);
    open = folders;
    const indent = '  '.repeat(folders.length);
    lines.push(`${before === undefined ? '+' : '~'} ${indent}${file}`);
    if (before === undefined) continue;
    const known = new Set(before.split('\n'));
    for (const line of after.split('\n')) if (!known.has(line)) lines.push(`  ${indent}  + ${line.trim()}`);
  }
  return lines.join('\n');
}
