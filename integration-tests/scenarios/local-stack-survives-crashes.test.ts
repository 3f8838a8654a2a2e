import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  kafkaAnswers,
  redisAnswers,
  registryAnswers,
  repositoryRoot,
  runningStack,
  type Stack,
  startStack,
  waitUntil,
} from '@alphapulse/stack';
import { afterAll, describe, expect, test } from '@jest/globals';

const directory = mkdtempSync(join(tmpdir(), 'alphapulse-stack-'));
const lines: string[] = [];
const anyPorts = { kafka: 0, registry: 0, redis: 0 };
const start = () =>
  startStack({ directory, providers: ['local'], ports: anyPorts, report: (line) => lines.push(line) });

let stack: Stack | undefined;
let holder: ChildProcess | undefined;

afterAll(async () => {
  holder?.kill('SIGKILL');
  await stack?.stop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

async function registerSchema(url: string): Promise<number> {
  const response = await fetch(`${url}/subjects/probe-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({
      schema: JSON.stringify({ type: 'record', name: 'Probe', fields: [{ name: 'a', type: 'long' }] }),
    }),
  });
  return ((await response.json()) as { id: number }).id;
}

/** Starts a stack in a process of its own and resolves once it is up. */
function startHolder(): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const { NODE_OPTIONS, ...env } = process.env;
    const child = spawn(process.execPath, ['--import', 'tsx', 'integration-tests/harness/hold-stack.ts', directory], {
      cwd: repositoryRoot,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk.toString('utf8');
      if (output.includes('holding the stack')) resolve(child);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('exit', (code) => reject(new Error(`the holder ended with ${code}: ${output}`)));
  });
}

describe('the local stack', () => {
  test('is refused in one sentence while another process runs it, and cleans up after that one crashed', async () => {
    holder = await startHolder();
    await expect(start()).rejects.toMatchObject({
      code: 'stack_running',
      message: expect.stringMatching(
        /^The local stack in \S+ is already running, started by process \d+: stop that one first\.$/,
      ),
    });
    const before = runningStack(directory);
    const ended = new Promise((resolve) => holder?.on('exit', resolve));
    holder.kill('SIGKILL');
    await ended;
    expect(await kafkaAnswers(before?.brokers[0] ?? '')).toBe(true);

    stack = await start();
    expect(lines.join('\n')).toContain('stopped kafka, registry, redis left over from a run that crashed');
    expect({ ...stack }).toMatchObject({ ...before, kind: 'local' });
  }, 120_000);

  test('keeps schemas and their ids through a SIGKILL of the registry right after it confirmed them', async () => {
    const url = stack?.schemaRegistryUrl ?? '';
    const id = await registerSchema(url);
    const pid = JSON.parse(readFileSync(join(directory, 'run', 'registry.pid'), 'utf8')).pid as number;
    process.kill(pid, 'SIGKILL');
    await waitUntil(async () => lines.some((line) => line.includes('is gone')), 10_000);
    expect(lines.join('\n')).toContain('Schema registry is gone: it was ended by SIGKILL');
    await stack?.stop();

    stack = await start();
    const response = await fetch(`${stack.schemaRegistryUrl}/schemas/ids/${id}`);
    expect(response.status).toBe(200);
    expect(await registerSchema(stack.schemaRegistryUrl)).toBe(id);
  }, 120_000);

  test('brings a killed broker back on the same address', async () => {
    const broker = stack?.brokers[0] ?? '';
    await stack?.killBroker();
    expect(await kafkaAnswers(broker)).toBe(false);
    await stack?.restartBroker();
    expect(await kafkaAnswers(broker)).toBe(true);
  }, 120_000);

  test('stops all of it', async () => {
    await stack?.stop();
    expect(await kafkaAnswers(stack?.brokers[0] ?? '')).toBe(false);
    expect(await redisAnswers(stack?.redisUrl ?? '')).toBe(false);
    expect(await registryAnswers(stack?.schemaRegistryUrl ?? '')).toBe(false);
    expect(runningStack(directory)).toBeUndefined();
  }, 60_000);
});
