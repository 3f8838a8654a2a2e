import type { Change, ReadFile } from './change.ts';
import { addImport, addSortedLine } from './edit.ts';
import { camelCase, recordName } from './names.ts';
import { ScaffoldError } from './scaffold-error.ts';
import { template } from './template.ts';

const list = 'topics/src/index.ts';

/** Topics that are made for each of something else, and what makes them. */
const derived: Readonly<Record<string, string>> = {
  raw: 'raw topics come with their source: npm run new-source',
  state: 'state topics come with their stage: npm run new-stage',
  dlq: 'dead-letter topics come with their stage: npm run new-stage',
  internal: 'internal topics are cuts between stages of a chain and are declared by hand in topics/src/internal.ts',
  routed: 'routed topics come with their subscription',
};

/** A topic: its declaration, its schema and its lines in the list of topics. `registry.*` topics are compacted. */
export function planTopic(name: string, read: ReadFile): Change[] {
  if (!/^[a-z]+\.[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 60)
    throw new ScaffoldError(
      `A topic is named <area>.<plural> in lower case, for example analytics.spreads, not "${name}".`,
    );
  const [area, part] = name.split('.') as [string, string];
  const whence = derived[area];
  if (whence !== undefined) throw new ScaffoldError(`${name} is not declared by itself: ${whence}.`);
  const camel = camelCase(name);
  const record = recordName(part);
  const path = `topics/src/${area}-${part}.ts`;
  const schemaPath = `schemas/${area}/${record}.avsc`;
  const topics = read(list) ?? '';
  if (read(path) !== undefined || new RegExp(`\\b${camel}\\b`).test(topics))
    throw new ScaffoldError(`There is a topic ${name} already: ${path}.`);
  const types = read('schemas/src/generated/types.ts') ?? '';
  if (read(schemaPath) !== undefined || new RegExp(`export (interface|type) ${record}\\b`).test(types))
    throw new ScaffoldError(
      `There is a type ${record} already; choose a name of which the record is called otherwise.`,
    );

  const values = { name, area, camel, Record: record };
  const kind = area === 'registry' ? 'compacted-' : '';
  const imported = addImport(topics, `import { ${camel} } from './${area}-${part}.ts';`);
  const exported = addSortedLine(imported, 'export {\n', '};', `  ${camel},`);
  return [
    { path: schemaPath, before: undefined, after: template(`topic/${kind}schema.avsc`, values) },
    { path: list, before: topics, after: addTopic(exported, area, camel) },
    { path, before: undefined, after: template(`topic/${kind}topic.ts`, values) },
  ];
}

/** Behind the last topic of its area, or before the internal ones. */
function addTopic(text: string, area: string, camel: string): string {
  const start = text.indexOf('export const topics');
  const end = text.indexOf('];', start);
  if (start < 0 || end < 0) throw new Error(`${list} has no list of topics`);
  const lines = text.slice(start, end).split('\n');
  const ofArea = lines.findLastIndex((line) => new RegExp(`^ {2}${area}[A-Z]`).test(line));
  const at = ofArea < 0 ? lines.findIndex((line) => line.startsWith('  internal')) : ofArea + 1;
  lines.splice(at < 0 ? lines.length - 1 : at, 0, `  ${camel},`);
  return `${text.slice(0, start)}${lines.join('\n')}${text.slice(end)}`;
}
