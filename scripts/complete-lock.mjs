/**
 * Completes package-lock.json after packages were added: `npm install` leaves out the builds for other machines that its
 * registry did not serve, and `npm ci` then refuses the whole file. Adds an entry for each of them, with the machine it
 * is for read from its name, so that npm passes it over everywhere else. Prints what it added; `--check` only looks.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './ensure.mjs';

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

const file = join(root, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = [];

for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (Object.keys(lock.packages).some((known) => known === path || known.endsWith(`/${path}`))) continue;
    const words = name.split(/[-/]/);
    const os = systems.filter((system) => words.includes(system));
    const cpu = processors.filter((processor) => words.includes(processor));
    // A package for every machine, or a range of versions, is npm's to resolve.
    if (os.length !== 1 || cpu.length !== 1 || !/^\d+\.\d+\.\d+$/.test(version)) continue;
    const libc = words.some((word) => word.startsWith('musl'))
      ? ['musl']
      : words.includes('gnu')
        ? ['glibc']
        : undefined;
    lock.packages[path] = {
      version,
      cpu,
      ...(entry.dev ? { dev: true } : {}),
      ...(libc ? { libc } : {}),
      optional: true,
      os,
    };
    added.push(`${name}@${version}`);
  }
}

if (added.length > 0) {
  console.log(`package-lock.json ${process.argv.includes('--check') ? 'lacks' : 'now has'}:\n${added.join('\n')}`);
  if (process.argv.includes('--check')) process.exit(1);
  const [own, ...others] = Object.keys(lock.packages);
  const order = [own, ...others.sort((a, b) => a.localeCompare(b, 'en'))];
  lock.packages = Object.fromEntries(order.map((path) => [path, lock.packages[path]]));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}
