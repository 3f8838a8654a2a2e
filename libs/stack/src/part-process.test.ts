import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from './health.ts';
import { type PartPlan, PartProcess, stopLeftover } from './part-process.ts';
import { processIdentity, stillRuns } from './process-identity.ts';

const directory = mkdtempSync(join(tmpdir(), 'alphapulse-part-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A part that is a Node one-liner; it answers once it has written `up` to its log. */
function plan(name: string, script: string, extra: Partial<PartPlan> = {}): PartPlan {
  const logFile = join(directory, 'logs', `${name}.log`);
  return {
    title: name,
    command: process.execPath,
    args: ['-e', script],
    cwd: directory,
    logFile,
    pidFile: join(directory, 'run', `${name}.pid`),
    answers: async () => readFileSync(logFile, 'utf8').includes('up'),
    startLimitMs: 20_000,
    ...extra,
  };
}

const forever = 'console.log("up"); setInterval(() => console.log("."), 60000)';
const unexpected = (what: string) => {
  throw new Error(`not expected: ${what}`);
};

describe('a part of the local stack', () => {
  test('starts, leaves its number, and stops', async () => {
    const part = new PartProcess(plan('plain', forever), unexpected);
    await part.start();
    const identity = JSON.parse(readFileSync(join(directory, 'run', 'plain.pid'), 'utf8'));
    expect(stillRuns(identity)).toBe(true);
    await part.stop();
    expect(stillRuns(identity)).toBe(false);
    expect(existsSync(join(directory, 'run', 'plain.pid'))).toBe(false);
    await part.stop();
  });

  test('starts again after a kill and keeps the log of the run before', async () => {
    const part = new PartProcess(plan('again', forever), unexpected);
    await part.start();
    await part.kill();
    await part.start();
    expect(existsSync(join(directory, 'logs', 'again.log.1'))).toBe(true);
    await part.stop();
  });

  test('that ends while starting fails at once, with the end of its log', async () => {
    const part = new PartProcess(plan('broken', 'console.log("port in use"); process.exit(3)'), unexpected);
    await expect(part.start()).rejects.toMatchObject({
      code: 'stack_failed',
      message: expect.stringMatching(/^broken did not come up: it ended with code 3\. Its log is .*port in use$/s),
    });
  });

  test('that does not answer in time fails; a missing program fails', async () => {
    const silent = new PartProcess(plan('silent', 'setInterval(() => 0, 60000)', { startLimitMs: 100 }), unexpected);
    await expect(silent.start()).rejects.toThrow('it did not answer within 0 s');
    await silent.stop();
    const missing = new PartProcess(plan('missing', '', { command: join(directory, 'no-such-program') }), unexpected);
    await expect(missing.start()).rejects.toThrow('ENOENT');
    await missing.stop();
  });

  test('that is lost while it runs is reported', async () => {
    const lost: string[] = [];
    const part = new PartProcess(plan('lost', forever), (what) => lost.push(what));
    await part.start();
    process.kill(JSON.parse(readFileSync(join(directory, 'run', 'lost.pid'), 'utf8')).pid as number, 'SIGKILL');
    await waitUntil(async () => lost.length > 0, 20_000);
    expect(lost).toEqual(['it was ended by SIGKILL']);
  });
});

describe('leftovers of a crashed run', () => {
  test('are stopped when number, start time and command line are ours, and left alone otherwise', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 60000) // our-marker'], { stdio: 'ignore' });
    const identity = await new Promise<NonNullable<ReturnType<typeof processIdentity>>>((resolve) => {
      const look = () => {
        const found = processIdentity(child.pid ?? 0);
        // Between fork and exec the command line is still the parent's.
        if (found?.command.includes('our-marker')) resolve(found);
        else setTimeout(look, 5);
      };
      look();
    });
    const pidFile = join(directory, 'run', 'leftover.pid');
    mkdirSync(join(directory, 'run'), { recursive: true });

    writeFileSync(pidFile, JSON.stringify({ ...identity, started: 'before' }));
    expect(await stopLeftover(pidFile, 'our-marker')).toBe(false);
    writeFileSync(pidFile, JSON.stringify(identity));
    expect(await stopLeftover(pidFile, 'another-marker')).toBe(false);
    expect(stillRuns(identity)).toBe(true);

    writeFileSync(pidFile, JSON.stringify(identity));
    expect(await stopLeftover(pidFile, 'our-marker')).toBe(true);
    expect(stillRuns(identity)).toBe(false);
    expect(existsSync(pidFile)).toBe(false);
    expect(await stopLeftover(pidFile, 'our-marker')).toBe(false);
  });
});
