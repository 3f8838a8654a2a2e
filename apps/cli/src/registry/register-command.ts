import { type EntityKind, entityKinds } from '@alphapulse/registry';
import type { Outcome, Statement } from '@alphapulse/registry/statement.ts';
import { Command } from 'commander';
import { UsageError } from '../usage-error.ts';
import { checkInput, readText, standardInput } from './input-file.ts';
import { jsonItems, parseJson } from './json-items.ts';
import { entityKind } from './kind-argument.ts';
import { type PlacedOutcome, printOutcomes } from './outcomes.ts';
import type { RegistryPorts } from './ports.ts';
import { addWaitOption, timeOption, timeoutMs, type WaitOption } from './read-options.ts';
import { addFactOptions, factsFromFlags, type StatementFlags } from './statement-flags.ts';
import { type Problem, pathInStatement, type StatementDefaults, shapeStatement } from './statement-shape.ts';

interface RegisterOptions extends WaitOption {
  readonly file?: string;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly provenance: string;
  readonly atomic: boolean;
  readonly wide?: boolean;
  readonly json?: boolean;
}

/** A statement, or why it is none, with the line it stands on. */
type Placed = { readonly line?: number; readonly kind: EntityKind } & (
  | { readonly statement: Statement }
  | { readonly problem: Problem }
);

export function registerCommand(ports: RegistryPorts): Command {
  const command = addOptions(
    new Command('register')
      .description('State facts of entities, from flags of a kind or from a file. Stating them again changes nothing.')
      .argument('[kind]', 'leave it out for a file of several kinds'),
  ).action(async (kindText: string | undefined, options: RegisterOptions) => {
    // Kinds are subcommands; what comes here names none.
    if (kindText !== undefined) entityKind(kindText);
    await register(ports, undefined, options, {});
  });
  for (const kind of entityKinds) {
    const subcommand = new Command(kind)
      .alias(kind.slice(0, -1))
      .description(`State facts of ${kind}, from flags or from a file.`);
    addFactOptions(subcommand, kind);
    command.addCommand(
      addOptions(subcommand).action(async (flags: RegisterOptions & StatementFlags) => {
        await register(ports, kind, flags, flags);
      }),
    );
  }
  return command;
}

function addOptions(command: Command): Command {
  return addWaitOption(
    command
      .option('--file <file>', 'statements as a JSON array or JSON Lines; - for standard input')
      .option('--valid-from <time>', 'when the facts begin to hold; default since ever, or from now for a change')
      .option('--valid-to <time>', 'when they end to hold; default with the next version, or never')
      .option('--provenance <text>', 'where the facts come from', 'command line')
      .option('--no-atomic', 'register what is right even when some of it is wrong')
      .option('--atomic', 'write nothing when a statement is wrong (default)')
      .option('--wide', 'whole ids')
      .option('--json', 'one JSON object a statement'),
  );
}

async function register(
  { write, terminal }: RegistryPorts,
  kind: EntityKind | undefined,
  options: RegisterOptions,
  flags: StatementFlags,
): Promise<void> {
  const defaults = defaultsOf(kind, options);
  const facts = kind === undefined ? undefined : factsFromFlags(kind, flags);
  if ((facts === undefined) === (options.file === undefined))
    throw new UsageError(
      kind === undefined
        ? '--file is needed where no kind is named'
        : facts === undefined
          ? `say what to register: flags (see alphapulse registry register ${kind} --help) or --file`
          : '--file and the flags of facts exclude each other',
    );
  const placed =
    options.file === undefined
      ? [{ kind: kind as EntityKind, statement: { ...defaults, kind, facts } as Statement }]
      : await statementsOf(options.file, defaults);

  const wrong = placed.some((each) => 'problem' in each);
  // What is no statement cannot be sent; when all must be right, then nothing is.
  const sent = wrong && options.atomic ? [] : placed.flatMap((each) => ('statement' in each ? [each.statement] : []));
  const outcomes =
    sent.length === 0
      ? []
      : await write(timeoutMs(options), (writer) => writer.state(sent, { source: 'cli', atomic: options.atomic }));
  const all = join(placed, outcomes);
  await printOutcomes(all, terminal, { json: options.json === true, wide: options.wide === true });
  const rejected = all.filter(({ outcome }) => outcome === 'rejected').length;
  if (rejected > 0) {
    const what = `${rejected} of ${placed.length} ${placed.length === 1 ? 'statement' : 'statements'} rejected`;
    const whole = options.atomic && placed.length > 1;
    throw new UsageError(whole ? `${what}, so nothing was registered; --no-atomic registers what is right` : what);
  }
}

function defaultsOf(kind: EntityKind | undefined, options: RegisterOptions): StatementDefaults {
  const validFrom = timeOption('--valid-from', options.validFrom);
  const validTo = timeOption('--valid-to', options.validTo);
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validTo === undefined ? {} : { validTo }),
    provenance: options.provenance,
  };
}

/** @throws UsageError for a file that is missing, or is not JSON; statements that are wrong have their problem. */
async function statementsOf(file: string, defaults: StatementDefaults): Promise<Placed[]> {
  checkInput(file);
  const name = file === standardInput ? 'standard input' : file;
  const items = jsonItems(await readText(file));
  if (items.length === 0) throw new UsageError(`${name} holds no statements`);
  return items.flatMap((item): Placed[] => {
    const value = parseJson(name, item);
    const shaped = shapeStatement(value, defaults);
    if (shaped === null) return [];
    const kind = kindOf(value) ?? defaults.kind ?? 'assets';
    return 'problem' in shaped
      ? [{ line: item.number, kind, problem: shaped.problem }]
      : [{ line: item.number, kind: shaped.statement.kind, statement: shaped.statement }];
  });
}

function kindOf(value: unknown): EntityKind | undefined {
  const kind = (value as { kind?: unknown } | null)?.kind;
  return entityKinds.find((each) => each === kind);
}

/** What became of each statement, in the order in which they were made. */
function join(placed: readonly Placed[], outcomes: readonly Outcome[]): PlacedOutcome[] {
  let next = 0;
  return placed.flatMap((each): PlacedOutcome[] => {
    const place = each.line === undefined ? {} : { line: each.line };
    if ('problem' in each)
      return [{ ...place, kind: each.kind, id: null, identity: null, outcome: 'rejected', problem: each.problem }];
    const outcome = outcomes[next++];
    return outcome ? [{ ...place, ...located(outcome) }] : [];
  });
}

function located(outcome: Outcome): Outcome {
  const { problem } = outcome;
  return problem ? { ...outcome, problem: { ...problem, path: pathInStatement(problem.path) } } : outcome;
}
