import type { Change, ReadFile } from './change.ts';
import { addImport, appendItem } from './edit.ts';
import { camelCase, isReservedWord, pascalCase } from './names.ts';
import { ScaffoldError } from './scaffold-error.ts';
import { template } from './template.ts';

const list = 'libs/sources/src/index.ts';
const rawTopics = 'topics/src/raw.ts';

/** A source: its folder, its line in the list of sources and, where there is none yet, its raw topic. */
export function planSource(name: string, read: ReadFile): Change[] {
  const folder = `libs/sources/src/${name}`;
  const camel = camelCase(name);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40)
    throw new ScaffoldError(
      `A source is named in lower case with hyphens, for example okx or ibkr-tws, not "${name}".`,
    );
  if (isReservedWord(camel) || ['shared', 'sources', 'raw'].includes(name))
    throw new ScaffoldError(`"${name}" means something else in this code base; choose another name for the source.`);
  if (read(`${folder}/source.ts`) !== undefined)
    throw new ScaffoldError(`There is a source ${name} already: ${folder}.`);

  const values = { name, camel, Name: pascalCase(name) };
  const created = [
    ['README.md', 'README.md'],
    ['collect.ts', 'collect.ts'],
    ['config.ts', 'config.ts'],
    ['conformance.test.ts', 'conformance.test.ts'],
    ['describe.ts', 'describe.ts'],
    ['discovery.ts', 'discovery.ts'],
    ['fixtures/frames.json', 'fixtures/frames.json'],
    ['messages.ts', 'messages.ts'],
    ['parse.ts', 'parse.ts'],
    ['source.ts', 'source.ts'],
  ].map(
    ([path, from]): Change => ({
      path: `${folder}/${path}`,
      before: undefined,
      after: template(`source/${from}`, values),
    }),
  );

  const sources = read(list) ?? '';
  const edited: Change[] = [
    {
      path: list,
      before: sources,
      after: appendItem(
        addImport(sources, `import { ${camel} } from './${name}/source.ts';`),
        'ParsedEvent>[] = ',
        camel,
      ),
    },
  ];
  const raw = read(rawTopics) ?? '';
  if (!raw.includes(`'${name}'`))
    edited.push({ path: rawTopics, before: raw, after: appendItem(raw, 'export const sourceIds = ', `'${name}'`) });
  return [...created, ...edited];
}
