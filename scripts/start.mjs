/** `npm start`: makes sure of Node and the packages, then becomes `alphapulse start` with the same arguments. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ensureDependencies, ensureNode, root } from './ensure.mjs';

ensureNode();
await ensureDependencies();

const child = spawn(process.execPath, ['--import', 'tsx', 'apps/cli/src/main.ts', 'start', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // Ctrl-C in a terminal reaches the child by itself; passing it on would look like a second one.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  });
}
child.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
