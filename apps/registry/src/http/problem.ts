import { AlphaPulseError, type ErrorCode, errorCodes, RejectedRecordError, RetriableError } from '@alphapulse/core';
import type { FastifyError } from 'fastify';
import type { JsonSchema } from './json-schema.ts';

/** What every answer that is an error says. */
export interface Problem {
  /** One of docs/errors.md. */
  readonly code: ErrorCode;
  /** The parameter, or the field of the body (`2.facts.mic`), that is wrong. */
  readonly path?: string;
  /** A sentence for people. */
  readonly message: string;
}

export const errorCodeSchema: JsonSchema = {
  $id: 'ErrorCode',
  type: 'string',
  enum: Object.keys(errorCodes),
  description: 'Stable; explained in docs/errors.md.',
};

export const problemSchema: JsonSchema = {
  $id: 'Problem',
  type: 'object',
  description: 'What is wrong.',
  properties: {
    code: { $ref: 'ErrorCode#' },
    path: { type: 'string', description: 'The parameter, or the field of the body, for example `2.facts.mic`.' },
    message: { type: 'string', description: 'A sentence for people.' },
  },
  required: ['code', 'message'],
  additionalProperties: false,
};

export function problem(code: ErrorCode, message: string, path?: string): Problem {
  return { code, ...(path === undefined || path === '' ? {} : { path }), message };
}

/** A request that cannot be answered, with the parameter or field that is wrong. */
export function requestError(code: ErrorCode, path: string, message: string): RejectedRecordError {
  return new RejectedRecordError(code, message, { details: { path } });
}

const statuses: { readonly [code in ErrorCode]?: number } = {
  request_invalid: 400,
  unauthorized: 401,
  not_found: 404,
  identity_collision: 409,
  validity_overlaps: 409,
  // Somebody else's fault, and passing.
  registry_busy: 503,
  broker_unavailable: 503,
  schema_registry_unavailable: 503,
  producer_fenced: 503,
  redis_unavailable: 503,
  unexpected: 500,
};

/** The status of a statement that was rejected with a code: 409 against what is registered, else 422. */
export function statusOf(code: ErrorCode): number {
  return statuses[code] ?? 422;
}

/** Status and body for whatever a handler or Fastify has thrown; undefined for what nobody expected. */
export function answerTo(error: FastifyError | Error): { status: number; body: Problem } | undefined {
  if (error instanceof RetriableError) return { status: 503, body: problem(error.code, error.message) };
  if (error instanceof AlphaPulseError) {
    if (!(error instanceof RejectedRecordError)) return undefined;
    const { path } = error.details;
    // A lookup by something that is none is a wrong request, whichever code says so.
    const status = error.code === 'unauthorized' ? 401 : 400;
    return { status, body: problem(error.code, error.message, typeof path === 'string' ? path : undefined) };
  }
  const { statusCode, validation, validationContext } = error as Partial<FastifyError>;
  if (validation) return { status: 400, body: invalid(validation, validationContext) };
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined;
  return { status: statusCode, body: problem('request_invalid', error.message) };
}

type Validation = NonNullable<FastifyError['validation']>;

/** What ajv found, named: its own message does not say which field it means. */
function invalid(found: Validation, context: string | undefined): Problem {
  // A body that may be one thing or a list of them is wrong as either; what is said of the one it is leads somewhere.
  const [error] = [
    ...found.filter(({ instancePath, keyword }) => instancePath !== '' || !['type', 'anyOf'].includes(keyword)),
    ...found,
  ];
  const { instancePath = '', message = 'is wrong', params = {}, keyword } = error ?? {};
  const { additionalProperty, missingProperty, allowedValues } = params as Readonly<Record<string, unknown>>;
  const field = additionalProperty ?? missingProperty;
  const path = [
    ...instancePath.slice(1).split('/').filter(Boolean).map(unescaped),
    ...(typeof field === 'string' ? [field] : []),
  ]
    .map((part) => part.slice(0, 64))
    .join('.');
  const name = path || (context === 'body' ? 'body' : 'request');
  if (additionalProperty !== undefined)
    return problem('request_invalid', `${name}: no such ${context === 'body' ? 'field' : 'parameter'}`, path);
  if (missingProperty !== undefined) return problem('request_invalid', `${name}: is missing`, path);
  const allowed = keyword === 'enum' && Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : '';
  return problem('request_invalid', `${name}: ${message}${allowed}`, path);
}

/** RFC 6901. */
function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
