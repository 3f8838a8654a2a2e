import { isAscii, isUtf8 } from 'node:buffer';
import { RejectedRecordError } from '@alphapulse/core';

/** Largest frame that is parsed; the largest a venue sends (a full order book or all listings) stays well below. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024;
/** Deepest nesting that is parsed; the deepest a venue sends is below 10. */
export const MAX_FRAME_DEPTH = 64;

/**
 * Parses a venue's frame as JSON. Every source parses through this, so a hostile frame costs no more than a scan.
 * The result is untrusted: keys such as `__proto__` are plain own properties of it, so read fields, never merge it.
 * @throws RejectedRecordError `frame_too_large`, `frame_too_deep` or `frame_not_json` (also for invalid UTF-8 and
 *   lone surrogates, which no text encoding can carry on).
 */
export function parseJson(payload: Buffer): unknown {
  return parseJsonText(frameText(payload));
}

/** The frame as text, its size and encoding checked. */
export function frameText(payload: Buffer): string {
  if (payload.length > MAX_FRAME_BYTES) {
    throw new RejectedRecordError(
      'frame_too_large',
      `frame of ${payload.length} bytes; the limit is ${MAX_FRAME_BYTES}`,
    );
  }
  if (isAscii(payload)) return payload.toString('latin1');
  if (!isUtf8(payload)) throw new RejectedRecordError('frame_not_json', 'frame is not UTF-8');
  return payload.toString('utf8');
}

/** As `parseJson`, for text whose size is already bounded. */
export function parseJsonText(text: string): unknown {
  if (hasManyBrackets(text)) checkDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RejectedRecordError('frame_not_json', `frame is not JSON: ${(cause as Error).message.slice(0, 120)}`, {
      cause,
    });
  }
  // A backslash is rare in market data, so the check costs one scan.
  if (text.includes('\\u') && hasLoneSurrogate(text)) {
    throw new RejectedRecordError('frame_not_json', 'frame has a lone surrogate');
  }
  return value;
}

/** Without more opening brackets than the depth limit no nesting can be too deep: most frames stop here. */
function hasManyBrackets(text: string): boolean {
  if (text.length <= MAX_FRAME_DEPTH) return false;
  let count = 0;
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) {
    if (++count > MAX_FRAME_DEPTH) return true;
  }
  for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) {
    if (++count > MAX_FRAME_DEPTH) return true;
  }
  return false;
}

function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) inString = !inString;
    else if (inString) {
      if (char === 0x5c) at++;
    } else if (char === 0x5b || char === 0x7b) {
      if (++depth > MAX_FRAME_DEPTH) {
        throw new RejectedRecordError('frame_too_deep', `frame nests deeper than ${MAX_FRAME_DEPTH}`);
      }
    } else if (char === 0x5d || char === 0x7d) depth--;
  }
}

/** Looks at the escapes of the JSON text: escaped backslashes and whole surrogate pairs are taken out, then none may be left. */
function hasLoneSurrogate(text: string): boolean {
  const rest = text
    .replaceAll('\\\\', '')
    .replaceAll(/\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/g, '');
  return /\\u[dD][89a-fA-F]/.test(rest);
}
