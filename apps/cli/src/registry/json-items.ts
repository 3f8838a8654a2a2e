import { UsageError } from '../usage-error.ts';
import type { Line } from './input-file.ts';

/**
 * The items of a JSON array, or the lines of a JSON Lines text, each with the line it begins on, so that a mistake in
 * one can be told from a mistake in another. @throws UsageError naming the line where an array does not end as one.
 */
export function jsonItems(text: string): Line[] {
  if (text.trimStart().startsWith('[')) return arrayItems(text);
  return text
    .split(/\r?\n/)
    .map((line, at) => ({ number: at + 1, text: line }))
    .filter((line) => line.text.trim() !== '');
}

/** @throws UsageError naming file and line. */
export function parseJson(file: string, { number, text }: Line): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}, line ${number}: not JSON: ${(error as Error).message}`);
  }
}

/** Splits an array at the commas of its own level; what is between them is parsed by JSON.parse. */
function arrayItems(text: string): Line[] {
  const items: Line[] = [];
  let line = 1;
  let depth = 0;
  let inString = false;
  let start: { readonly at: number; readonly number: number } | undefined;
  const take = (end: number, last: boolean) => {
    // An array may be empty; a comma must have something before it.
    if (start !== undefined || !last || items.length > 0)
      items.push({ number: start?.number ?? line, text: start === undefined ? '' : text.slice(start.at, end) });
    start = undefined;
  };
  const first = text.indexOf('[');
  line += text.slice(0, first).split('\n').length - 1;
  for (let at = first; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '\n') line++;
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
      continue;
    }
    if (depth > 0 && start === undefined && !/[\s,\]]/.test(char)) start = { at, number: line };
    if (char === '"') inString = true;
    else if (char === '[' || char === '{') depth++;
    else if (char === '}') depth--;
    else if (char === ',' && depth === 1) take(at, false);
    else if (char === ']' && --depth === 0) {
      take(at, true);
      if (text.slice(at + 1).trim() !== '') throw new UsageError(`line ${line}: something follows the array`);
      return items;
    }
  }
  throw new UsageError(`line ${line}: the array has no end`);
}
