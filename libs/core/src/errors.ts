/**
 * Errors are classed by what the runner does with them:
 * a rejected record becomes a dead letter and the stream goes on, a retriable error backs off without committing,
 * a fatal error (and anything unknown, which is a bug) stops the process with a non-zero exit.
 */
export interface ErrorOptions {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Base of all our errors: a stable machine-readable `code`, a sentence for people, structured details. */
export class AlphaPulseError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The record is bad: dead letter with this code, commit, go on. */
export class RejectedRecordError extends AlphaPulseError {}

/** The world is bad (broker away, venue says wait): back off and try the same work again; nothing is committed. */
export class RetriableError extends AlphaPulseError {
  readonly retryAfterMs: number | undefined;
  constructor(code: ErrorCode, message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The deployment is bad: stop, exit non-zero. */
export class FatalError extends AlphaPulseError {}

/**
 * A registry fact that a record needs is not known yet.
 * The runner catches the registry view up with its topics once and asks again; a second miss rejects the record.
 */
export class MissingFactError extends RejectedRecordError {}

/** Another identity has the id already: rejected, recorded in `registry.collisions`, counted. */
export class IdentityCollisionError extends RejectedRecordError {}

export type ErrorCode = keyof typeof errorCodes;

/** Every code there is, with its meaning; docs/errors.md lists exactly these. */
export const errorCodes = {
  // Records
  record_undecodable: 'The record’s bytes do not fit the schema they claim, or are not Avro at all.',
  schema_unknown: 'The record names a schema id that the registry does not have.',
  value_invalid: 'A value does not fit the schema of the topic it was meant for.',
  frame_not_json: 'The venue’s frame is not valid JSON (truncated, binary or not UTF-8).',
  frame_too_large: 'The frame is larger than the limit for parsing.',
  frame_too_deep: 'The frame nests deeper than the limit for parsing.',
  frame_malformed: 'The frame’s channel is known, but its fields do not have the documented shape.',
  source_unknown: 'The raw record names a source that is not in the list of sources.',
  book_checksum_mismatch: 'The order book folded from the feed does not match the venue’s checksum.',
  book_sequence_gap: 'An order book delta does not follow the one before it; the book waits for a snapshot.',
  book_buffer_overflow: 'More deltas arrived before their snapshot than are kept.',
  number_not_finite: 'A price, size or rate is not a finite number.',
  price_not_positive: 'A price is zero or negative.',
  size_negative: 'A size is negative, or zero where only positive sizes make sense.',
  side_unknown: 'The aggressor side is none of buy, sell, unknown.',
  event_time_ahead: 'The event time is further ahead of the receive time than the limit.',
  event_time_invalid: 'The event time is missing, not a number, or before 2009.',
  symbol_unknown: 'No listing is known for this venue and symbol at the time of the record.',
  // World
  broker_unavailable: 'No Kafka broker answers.',
  schema_registry_unavailable: 'The schema registry does not answer.',
  redis_unavailable: 'Redis does not answer; lookups are served from memory.',
  venue_unavailable: 'The venue’s endpoint does not answer.',
  venue_rate_limited: 'The venue asks to slow down (HTTP 418 or 429).',
  venue_refused: 'The venue refused a request or a subscription.',
  producer_fenced: 'Another process has taken over this partition; this one lets go of it.',
  // Requests to our HTTP APIs
  request_invalid: 'A parameter of an HTTP request is wrong; the message names it.',
  not_found: 'Nothing has this id or path.',
  unauthorized: 'The request has no valid token.',
  // Statements about registry entities
  identity_invalid: 'The parts make no identity string of the documented grammar.',
  identity_collision: 'Two different identities have the same id.',
  validity_invalid: 'A validity that is no time, or ends before it begins.',
  validity_overlaps: 'A validity reaches into that of a version that is already known.',
  isin_invalid: 'Not an ISO 6166 number, or its check digit is wrong.',
  cusip_invalid: 'Not a CUSIP, its check digit is wrong, or it is not the one in the ISIN.',
  mic_invalid: 'Not an ISO 10383 market identifier code in the list.',
  country_invalid: 'Not an ISO 3166-1 alpha-2 country code.',
  time_zone_invalid: 'Not an IANA time zone.',
  address_invalid: 'Not an address of the chain, or its EIP-55 checksum is wrong.',
  decimals_invalid: 'Decimals are not a whole number from 0 to 255.',
  fact_invalid: 'A fact is outside of what it can be.',
  reference_unknown: 'The statement refers to an entity that is not registered.',
  formula_invalid: 'The formula does not parse, or uses what formulas may not.',
  leg_unknown:
    'A leg is neither a registered instrument nor a synthetic, or the formula names a leg that is not there.',
  synthetic_cyclic: 'A synthetic would be made of itself.',
  registry_busy: 'Other registrars were faster each time; try again.',
  // Reference data
  reference_unavailable: 'The provider of reference data does not answer.',
  reference_refused: 'The provider of reference data refused the request.',
  reference_file_invalid: 'A reference or overrides file does not have the documented format.',
  // Deployment
  config_invalid: 'The configuration is wrong; the message names the field.',
  schema_incompatible: 'A schema change would break consumers of the topic.',
  topic_change_destructive: 'A topic change would lose data; it needs --allow-destructive.',
  stack_missing: 'Neither given addresses, nor a container engine, nor Java and Maven are there to run the stack.',
  stack_failed: 'A part of the local stack did not come up.',
  stack_running: 'The local stack of this directory is already run by another process.',
  recording_invalid: 'A recording file does not have the documented format.',
  unexpected: 'A bug: an error that no code names.',
} as const;

/** The stable code of any thrown value; foreign errors are `unexpected`. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof AlphaPulseError ? error.code : 'unexpected';
}
