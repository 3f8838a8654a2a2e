import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Statement } from '@alphapulse/registry';
import { type AppProcess, startScript } from './processes.ts';
import type { RegisteringResult, RegisteringTask } from './registering-process.ts';

/** Registrars in processes of their own, which start each round at the same moment. */
export class Registrars {
  readonly #processes: readonly AppProcess[];
  readonly #directory = mkdtempSync(join(tmpdir(), 'alphapulse-registrars-'));
  readonly #rounds: number;
  #round = 0;

  /** @param statements for each process its statements of each round */
  constructor(statements: readonly (readonly (readonly Statement[])[])[], options: Omit<RegisteringTask, 'rounds'>) {
    this.#rounds = statements[0]?.length ?? 0;
    this.#processes = statements.map((rounds) => {
      const task: RegisteringTask = {
        ...options,
        rounds: rounds.map((own, round) => ({ file: this.#file(round), statements: own })),
      };
      return startScript('registering-process', [JSON.stringify(task)]);
    });
  }

  /** Runs the next round; resolves with the result of each process. */
  async round(limitMs = 180_000): Promise<RegisteringResult[]> {
    await Promise.all(this.#processes.map((process) => process.waitForLine(/^READY/, limitMs)));
    const round = this.#round++;
    writeFileSync(this.#file(round), '');
    const start = `ROUND ${round} `;
    const all = await Promise.all(
      this.#processes.map(async (process) => {
        const line = await process.waitForLine(new RegExp(`^${start}`), limitMs);
        return JSON.parse(line.slice(start.length)) as RegisteringResult;
      }),
    );
    if (this.#round === this.#rounds) {
      for (const process of this.#processes) {
        const { code } = await process.waitForExit();
        if (code !== 0) throw new Error(`a registrar ended with ${code}:\n${process.output()}`);
      }
      rmSync(this.#directory, { recursive: true, force: true });
    }
    return all;
  }

  /** What the processes have printed. */
  output(): string {
    return this.#processes.map((process) => process.output()).join('\n');
  }

  #file(round: number): string {
    return join(this.#directory, `round-${round}`);
  }
}
