/** What must be so before any package is there: a new enough Node and installed dependencies. Plain Node, no imports from npm. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** Ends the process with one sentence when Node is older than package.json asks for. */
export function ensureNode() {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node;
  const [major = 0, minor = 0] = wanted
    .replace(/[^\d.]/g, '')
    .split('.')
    .map(Number);
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  console.error(`AlphaPulse needs Node ${major}.${minor} or newer; this is Node ${process.versions.node}.`);
  process.exit(1);
}

/** Runs `npm ci` when the installed packages are not those of package-lock.json. */
export async function ensureDependencies() {
  const reason = whyInstall();
  if (reason === undefined) return;
  console.error(`npm: installing the packages of package-lock.json (${reason})`);
  const from = performance.now();
  const seconds = () => Math.round((performance.now() - from) / 1000);
  const ticker = setInterval(() => console.error(`npm: still installing, ${seconds()} s`), 5_000);
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: 'inherit' });
  clearInterval(ticker);
  if (code !== 0) {
    console.error('npm: the packages could not be installed; the lines above say why.');
    process.exit(1);
  }
  console.error(`npm: installed in ${seconds()} s`);
}

/**
 * npm writes what it has installed to node_modules/.package-lock.json as its last act, so that file is the stamp:
 * missing after an interrupted install, different after package-lock.json changed.
 */
function whyInstall() {
  const stamp = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(stamp)) return 'first run';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(stamp, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue;
    const there = installed[path];
    // Optional packages are for other machines; a linked workspace has no version.
    if (there === undefined ? !entry.optional : there.version !== entry.version) return 'package-lock.json has changed';
  }
  return undefined;
}

/**
 * Calls back with the signal this process should act on, for SIGINT, SIGTERM and SIGHUP.
 * Ctrl-C in a terminal reaches children by itself, so `fromTerminal` then says not to pass it on.
 * npm runs scripts through a shell that does not pass signals on: when npm is told to end, the shell goes and this
 * process stays behind with another parent, which therefore counts as SIGTERM.
 */
export function onSignal(callback) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => callback(signal, signal === 'SIGINT' && process.stdin.isTTY === true));
  }
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    callback('SIGTERM', false);
  }, 500);
  watch.unref();
}

/** Runs a command in the repository root and resolves with its exit code (1 when it cannot start or a signal ends it). */
export function run(command, args, { onStart, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, ...options });
    onStart?.(child);
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
