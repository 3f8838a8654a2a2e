/** Ids and times of one line rise together; a tie within a millisecond or two is no contradiction. */
const CLEARLY_US = 1_000_000;
/** A time further ahead of our clock than this proves nothing. */
const PLAUSIBLE_US = 60_000_000;

/**
 * True when a lower id comes with a time so much later than that of the highest id that the venue must count anew.
 * A duplicate never does: its time is at most that of the highest id.
 */
export function isClearlyLater(timeUs: number, newestUs: number, receivedUs: number): boolean {
  return timeUs > newestUs + CLEARLY_US && timeUs < receivedUs + PLAUSIBLE_US;
}
