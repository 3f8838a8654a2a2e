/** A venue that asks for more than this is asked again after this long; it also tames nonsense in the header. */
export const maxRetryAfterMs = 3_600_000;

/**
 * Reads `Retry-After` (RFC 9110 §10.2.3: seconds, or an HTTP-date) as milliseconds from now, capped.
 * A date is measured against the answer's own `Date`, so that the venue's clock may differ from ours.
 */
export function retryAfterMs(
  retryAfter: string | undefined,
  date: string | undefined,
  nowMs: number,
): number | undefined {
  const text = retryAfter?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), maxRetryAfterMs);
  // Date.parse alone would take nearly anything, such as -5, for a date.
  const untilMs = text.endsWith('GMT') ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(untilMs)) return undefined;
  const sentMs = date === undefined ? Number.NaN : Date.parse(date);
  return Math.min(Math.max(untilMs - (Number.isNaN(sentMs) ? nowMs : sentMs), 0), maxRetryAfterMs);
}

/**
 * Milliseconds until the quota is full again by `RateLimit-Reset`, seconds from now, when `RateLimit-Remaining` does
 * not say that there is quota left. More than the cap is no number of seconds (some send a point in time) and says
 * nothing. https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-07
 */
export function rateLimitResetMs(remaining: unknown, reset: unknown): number | undefined {
  if (typeof reset !== 'string' || !/^\s*\d{1,9}(\.\d+)?\s*$/.test(reset)) return undefined;
  if (typeof remaining === 'string' && Number(remaining) > 0) return undefined;
  const ms = Math.ceil(Number(reset) * 1000);
  return ms <= maxRetryAfterMs ? ms : undefined;
}
