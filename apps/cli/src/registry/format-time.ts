/** ISO 8601 in UTC of microseconds since the Unix epoch, with as many decimals as it needs. */
export function formatTimeUs(us: number): string {
  const seconds = Math.floor(us / 1_000_000);
  const time = new Date(seconds * 1_000);
  // Date reaches further than four-digit years; what lies outside of it is shown as the number it is.
  if (Number.isNaN(time.getTime())) return `${us} µs`;
  const fraction = String(us - seconds * 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return time.toISOString().replace('.000Z', fraction === '' ? 'Z' : `.${fraction}Z`);
}

/** Start of validity for people: facts that hold from 0 on hold since ever. */
export function formatStart(us: number): string {
  return us === 0 ? 'since ever' : formatTimeUs(us);
}

/** End of validity for people: null means that it is open. */
export function formatEnd(us: number | null): string {
  return us === null ? 'open' : formatTimeUs(us);
}
