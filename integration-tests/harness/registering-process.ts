/**
 * A registrar in a process of its own, for scenarios with several at once or one after another. Its one argument is a
 * `RegisteringTask` as JSON. It prints `READY`, for each round waits for the round's file to exist, and then prints
 * `ROUND`, its number and a `RegisteringResult`.
 */
import { existsSync } from 'node:fs';
import { systemClock } from '@alphapulse/core';
import { kafkaConfigFromEnv } from '@alphapulse/kafka';
import { createRegistrar, type IdOf, idOf, type Outcome, type Statement } from '@alphapulse/registry';
import { createLogger, schemaRegistryUrl } from '@alphapulse/runtime';

export interface RegisteringTask {
  /** Hex digits that are kept of each id, so that identities collide. */
  readonly idDigits?: number;
  /** Identities that get the id of another. */
  readonly sameId?: Readonly<Record<string, string>>;
  readonly changeLeadMs: number;
  /** Statements that are made at once; the rest waits for the next call. */
  readonly batch: number;
  readonly rounds: readonly { readonly file: string; readonly statements: readonly Statement[] }[];
}

export interface RegisteringResult {
  readonly outcomes: readonly Outcome[];
  /** Over all rounds so far. */
  readonly collisions: number;
}

const task = JSON.parse(process.argv[2] ?? '') as RegisteringTask;
const weak: IdOf = (identity) => idOf(task.sameId?.[identity] ?? identity).slice(0, task.idDigits);
const registrar = createRegistrar({
  config: kafkaConfigFromEnv('alphapulse-scenario', createLogger('registering')),
  schemaRegistryUrl: schemaRegistryUrl(),
  clock: systemClock,
  idOf: weak,
  changeLeadMs: task.changeLeadMs,
});
await registrar.view.start();
process.stdout.write('READY\n');
for (const [round, { file, statements }] of task.rounds.entries()) {
  while (!existsSync(file)) await systemClock.sleep(10);
  const outcomes: Outcome[] = [];
  for (let at = 0; at < statements.length; at += task.batch)
    outcomes.push(...(await registrar.state(statements.slice(at, at + task.batch), { source: 'scenario' })));
  const result: RegisteringResult = { outcomes, collisions: registrar.collisions };
  process.stdout.write(`ROUND ${round} ${JSON.stringify(result)}\n`);
}
await registrar.close();
