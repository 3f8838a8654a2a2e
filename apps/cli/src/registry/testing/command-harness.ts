import type { Clock } from '@alphapulse/core';
import { RegistryMap } from '@alphapulse/registry';
import type { Outcome, Statement } from '@alphapulse/registry/statement.ts';
import { applyConventions, exitOf } from '../../conventions.ts';
import type { ReferenceLookup, RegistryPorts, RegistryWriter } from '../ports.ts';
import { registryCommand } from '../registry-command.ts';

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One call of the writer. */
export interface Stated {
  readonly statements: readonly Statement[];
  readonly source: string;
  readonly atomic: boolean;
}

/** Runs `alphapulse registry …` in this process over a registry in memory, as a shell would see it. */
export class CommandHarness {
  readonly registry = new RegistryMap();
  readonly stated: Stated[] = [];
  /** What the writer says of each statement; default that it is registered. */
  answer: (statement: Statement) => Omit<Outcome, 'kind'> = () => ({ id: null, identity: null, outcome: 'registered' });
  width: number | undefined = 100;
  /** Replaces the writer, for example by one that is away. */
  writer: RegistryWriter = {
    state: async (statements, options) => {
      this.stated.push({ statements: [...statements], ...options });
      return statements.map((statement) => ({ kind: statement.kind, ...this.answer(statement) }));
    },
  };
  /** What reference data there is. */
  reference: ReferenceLookup | null = null;
  /** Kinds that were read by the last command. */
  kindsRead: readonly string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async run(...args: string[]): Promise<Result> {
    let out = '';
    let err = '';
    const ports: RegistryPorts = {
      clock: this.#clock,
      read: async (kinds, _timeoutMs, use) => {
        this.kindsRead = kinds;
        return use(this.registry);
      },
      write: async (_timeoutMs, use) => use(this.writer),
      reference: async () => this.reference,
      terminal: {
        out: async (text) => {
          out += text;
        },
        err: (text) => {
          err += text;
        },
        width: this.width,
        interactive: false,
      },
    };
    const command = registryCommand(ports);
    applyConventions(command);
    silence(command, (text) => {
      err += text;
    });
    try {
      await command.parseAsync(args, { from: 'user' });
      return { code: 0, out, err };
    } catch (error) {
      const { code, message } = exitOf(error);
      if (message instanceof Error) throw message;
      return { code, out, err: message === undefined ? err : `${err}${message}\n` };
    }
  }
}

function silence(command: ReturnType<typeof registryCommand>, write: (text: string) => void): void {
  command.configureOutput({ writeOut: write, writeErr: write });
  for (const subcommand of command.commands) silence(subcommand, write);
}
