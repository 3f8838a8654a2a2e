/**
 * An IANA time zone as it is spelt, or null for anything else. Offsets such as `+01:00` are none: they say nothing of
 * daylight saving.
 */
export function timeZoneName(text: string): string | null {
  if (!/^[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*$/.test(text)) return null;
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
    // Links (`America/Argentina/Buenos_Aires`) resolve to another name: they stay as they were written.
    return known.toLowerCase() === text.toLowerCase() ? known : text;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
