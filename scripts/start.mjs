/** `npm start`: makes sure of Node and the packages, then becomes `alphapulse start` with the same arguments. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ensureDependencies, ensureNode, onSignal, root } from './ensure.mjs';

ensureNode();
await ensureDependencies();

const child = spawn(process.execPath, ['--import', 'tsx', 'apps/cli/src/main.ts', 'start', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
onSignal((signal, fromTerminal) => {
  if (!fromTerminal) child.kill(signal);
});
child.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
