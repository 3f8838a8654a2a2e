import type { EntityKind } from '@alphapulse/registry';
import type { Statement } from '@alphapulse/registry/statement.ts';
import type { Command } from 'commander';
import { UsageError } from '../usage-error.ts';
import { type FactField, factFields } from './fact-fields.ts';
import { factFromTexts } from './fact-text.ts';

export interface StatementFlags {
  readonly unset?: readonly string[];
  /** Texts of facts, by the names that commander gives their options. */
  readonly [fact: string]: unknown;
}

const lists = ['aliases', 'tokens', 'legs'];
/** Lists are given item by item, so their flags are singular. */
const singular: Readonly<Record<string, string>> = { aliases: 'alias', tokens: 'token', legs: 'leg' };

/** Adds an option for every fact of a kind: `--tick-size` for `tickSize`. */
export function addFactOptions(command: Command, kind: EntityKind): Command {
  for (const field of factFields[kind]) {
    const { type, doc, required } = field;
    const text = required ? `${doc} (needed)` : doc;
    if (lists.includes(type)) command.option(`${flagOf(field)} <${singular[type]}>`, text, collect, undefined);
    else command.option(`${flagOf(field)} <${type}>`, text);
  }
  const nullable = (factFields[kind] as readonly FactField[]).filter((field) => field.nullable);
  if (nullable.length > 0)
    command.option(
      '--unset <fact>',
      `take a fact back: ${nullable.map(({ name }) => name).join(', ')}`,
      collect,
      undefined,
    );
  return command;
}

/** The facts that flags state; undefined when there is none. @throws UsageError naming a flag that is missing or wrong. */
export function factsFromFlags(kind: EntityKind, flags: StatementFlags): Statement['facts'] | undefined {
  const fields = factFields[kind] as readonly FactField[];
  const facts: Record<string, unknown> = {};
  for (const field of fields) {
    const given = flags[optionOf(field)];
    if (given === undefined) continue;
    facts[field.name] = factFromTexts(field.type, flagOf(field), Array.isArray(given) ? given : [String(given)]);
  }
  for (const name of flags.unset ?? []) {
    const field = fields.find((each) => each.name === name || flagOf(each) === `--${name}`);
    if (!field?.nullable) throw new UsageError(`--unset: ${name} is no fact of ${kind} that can be taken back`);
    if (field.name in facts) throw new UsageError(`${flagOf(field)} and --unset ${name} exclude each other`);
    facts[field.name] = null;
  }
  if (Object.keys(facts).length === 0) return undefined;
  const missing = fields.filter(({ name, required }) => required && facts[name] === undefined);
  if (missing.length > 0) throw new UsageError(`${missing.map(flagOf).join(', ')} needed to register ${kind}`);
  return facts as unknown as Statement['facts'];
}

function flagOf({ name }: FactField): string {
  return `--${kebab(singular[name] ?? name)}`;
}

/** The name under which commander keeps an option’s value. */
function optionOf({ name }: FactField): string {
  return singular[name] ?? name;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}
