import { type ErrorCode, parseTimeUs, RejectedRecordError } from '@alphapulse/core';
import { type EntityKind, entityKinds } from '@alphapulse/registry';
import type { Statement } from '@alphapulse/registry/statement.ts';

/** Why something is no statement; the same three that a registry gives for a statement it rejects. */
export interface Problem {
  readonly code: ErrorCode;
  /** Of the field: `facts.tickSize`, `validFrom`. */
  readonly path: string;
  readonly message: string;
}

/** What holds for statements that do not say it themselves. */
export interface StatementDefaults {
  readonly kind?: EntityKind;
  readonly validFrom?: number;
  readonly validTo?: number;
  readonly provenance: string;
}

/** A statement, or why it is none, or null for a line of an export that states nothing: a finding, a former belief. */
export type Shaped = { readonly statement: Statement } | { readonly problem: Problem } | null;

/** What a line of an export holds besides its statement. */
const passedOver = ['superseded', 'id', 'identity', 'recordedTime', 'record'];
const stated = ['kind', 'facts', 'validFrom', 'validTo', 'provenance', 'source'];

/**
 * Makes a statement of a JSON value: `{ kind, facts, validFrom?, validTo?, provenance?, source? }`, times in microseconds or
 * ISO 8601. Facts are the registry’s to judge.
 */
export function shapeStatement(value: unknown, defaults: StatementDefaults): Shaped {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return problem('', 'a statement is an object');
  const fields = value as Readonly<Record<string, unknown>>;
  if (fields.superseded === true || fields.kind === 'collisions' || fields.kind === 'mappings') return null;
  const strange = Object.keys(fields).find((name) => ![...stated, ...passedOver].includes(name));
  if (strange !== undefined) return problem(strange, `no such field of a statement; there are ${stated.join(', ')}`);

  const kind = fields.kind ?? defaults.kind;
  if (!(entityKinds as readonly unknown[]).includes(kind))
    return problem(
      'kind',
      `${kind === undefined ? 'is missing' : `${text(kind)} is no kind`}; there are ${entityKinds.join(', ')}`,
    );
  if (defaults.kind !== undefined && kind !== defaults.kind)
    return problem('kind', `${text(kind)} is not ${defaults.kind}, which was asked for`);
  const { facts } = fields;
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts))
    return problem('facts', 'facts are an object with a field for each fact');
  const provenance = fields.provenance ?? defaults.provenance;
  if (typeof provenance !== 'string') return problem('provenance', 'is text');
  const source = fields.source;
  if (source !== undefined && source !== null && typeof source !== 'string') return problem('source', 'is text');
  try {
    const { createdAt } = facts as { createdAt?: unknown };
    const validFrom = time('validFrom', fields.validFrom) ?? defaults.validFrom;
    const validTo = time('validTo', fields.validTo) ?? defaults.validTo;
    return {
      statement: {
        kind: kind as EntityKind,
        facts: typeof createdAt === 'string' ? { ...facts, createdAt: time('facts.createdAt', createdAt) } : facts,
        ...(validFrom === undefined ? {} : { validFrom }),
        ...(validTo === undefined ? {} : { validTo }),
        provenance,
        ...(source ? { source } : {}),
      } as Statement,
    };
  } catch (error) {
    if (!(error instanceof RejectedRecordError)) throw error;
    const [path = '', message = ''] = error.message.split(': ', 2);
    return problem(path, message);
  }
}

/** Paths of the statement itself; the registry gives those of facts without saying that they are. */
const outsideOfFacts = new Set(['', ...stated]);

/** A path in the statement as it was written, as the HTTP API gives it: `facts.mic` for the fact `mic`. */
export function pathInStatement(path: string): string {
  return outsideOfFacts.has(path) || path.startsWith('facts.') ? path : `facts.${path}`;
}

/** Undefined for what leaves the time open. */
function time(field: string, value: unknown): number | undefined {
  return value === undefined || value === null || value === '' ? undefined : parseTimeUs(String(value), field);
}

function problem(path: string, message: string, code: ErrorCode = 'request_invalid'): { readonly problem: Problem } {
  return { problem: { code, path, message } };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
