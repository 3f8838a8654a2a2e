/** Bytes of a value looked at for its excerpt. */
const looked = 1_024;

/** The beginning of hostile bytes as one line: whatever does not print, or turns the text around, becomes a dot. */
export function printable(bytes: Uint8Array | string, limit = 240): string {
  const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes.subarray(0, looked));
  const shown = text
    .slice(0, looked)
    .replace(/\s+/g, ' ')
    .replace(/[\p{C}\uFFFD]+/gu, '·')
    .trim();
  return shown.length > limit ? `${shown.slice(0, limit)}…` : shown;
}
