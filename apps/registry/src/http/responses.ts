import type { JsonSchema } from './json-schema.ts';

type Responses = Readonly<Record<number, JsonSchema>>;

/** An answer with the JSON of a named schema. */
export function answer(name: string, description: string): JsonSchema {
  return { description, $ref: `${name}#` };
}

const failed = (description: string) => answer('Problem', description);

/** Errors that any route has. */
const always: Responses = {
  400: failed('A parameter, a header or the body is wrong.'),
  414: failed('The URL is too long.'),
  500: failed('A bug.'),
  503: failed('The registry is still being read, or Kafka does not answer: try again.'),
};

/** Errors of routes that read, by URL or by body. */
export const readErrors: Responses = {
  ...always,
  401: failed('Reads need a token here, and the request has none that may read.'),
};

/** Answers of a GET that has an entity tag. */
export function cached(name: string, description: string): Responses {
  return {
    200: answer(name, description),
    304: { type: 'null', description: 'What `If-None-Match` names is still so.' },
    ...readErrors,
  };
}

export const notFound: Responses = { 404: failed('Nothing is known by this.') };

/** Errors of a request with a body. */
export const bodyErrors: Responses = {
  413: failed('The body is too large.'),
  415: failed('The body is no JSON.'),
};

export const writeErrors: Responses = {
  ...always,
  ...bodyErrors,
  401: failed('The request has no token that may write.'),
  403: failed('No token is configured, so nobody may write.'),
  409: answer('Rejection', 'A statement goes against what is registered: identity_collision, validity_overlaps.'),
  422: answer('Rejection', 'A statement cannot be so: the code and the path say what and where.'),
};
