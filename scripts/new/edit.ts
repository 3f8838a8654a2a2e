/** Edits of the lists that a scaffold adds a line to. Each throws when the file no longer has the form it knows. */

/** Puts an import behind the last one; the formatter sorts. */
export function addImport(text: string, line: string): string {
  const at = text.lastIndexOf('\nimport ');
  const end = text.indexOf(';\n', Math.max(at, 0));
  if (end < 0 || !text.includes('import ')) throw new Error('no import to put another one behind');
  return `${text.slice(0, end + 2)}${line}\n${text.slice(end + 2)}`;
}

/** Puts an item at the end of the array that follows `before`, for example `const stages = `. */
export function appendItem(text: string, before: string, item: string): string {
  const start = text.indexOf(before);
  const close = start < 0 ? -1 : text.indexOf(']', text.indexOf('[', start + before.length));
  if (close < 0) throw new Error(`no array behind ${JSON.stringify(before)}`);
  const head = text.slice(0, close).replace(/,?\s*$/, '');
  const multiline = text.slice(start, close).includes('\n');
  const comma = head.endsWith('[') ? '' : ',';
  return multiline
    ? `${head}${comma}\n  ${item},\n${text.slice(close)}`
    : `${head}${comma}${comma ? ' ' : ''}${item}${text.slice(close)}`;
}

/** Puts a line before the first line of its block that sorts behind it; `from` begins the block, `to` ends it. */
export function addSortedLine(text: string, from: string, to: string, line: string): string {
  const start = text.indexOf(from);
  const end = start < 0 ? -1 : text.indexOf(to, start);
  if (end < 0) throw new Error(`no block from ${JSON.stringify(from)} to ${JSON.stringify(to)}`);
  const head = text.slice(0, start + from.length);
  const lines = text.slice(start + from.length, end).split('\n');
  const last = lines.pop() as string;
  const at = lines.findIndex((other) => other.toLowerCase() > line.toLowerCase());
  lines.splice(at < 0 ? lines.length : at, 0, line);
  return `${head}${[...lines, last].join('\n')}${text.slice(end)}`;
}
