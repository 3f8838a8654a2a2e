import type { Change, ReadFile } from './change.ts';
import { addImport, appendItem } from './edit.ts';
import { camelCase, pascalCase } from './names.ts';
import { ScaffoldError } from './scaffold-error.ts';
import { template } from './template.ts';

const list = 'libs/detectors/src/index.ts';
const topicList = 'topics/src/index.ts';

/**
 * A stage over `processed.*`: its folder, its entry in the list of detectors, its dead-letter and state topics.
 * (The chain parse, validate, enrich is fixed: apps/process runs exactly these.)
 */
export function planStage(name: string, read: ReadFile): Change[] {
  const folder = `libs/detectors/src/${name}`;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40)
    throw new ScaffoldError(`A stage is named in lower case with hyphens, for example volume-spikes, not "${name}".`);
  const topics = read(topicList) ?? '';
  const stageNames = /const stages = \[([^\]]*)\]/.exec(topics)?.[1] ?? '';
  if (read(`${folder}/stage.ts`) !== undefined || stageNames.includes(`'${name}'`))
    throw new ScaffoldError(`There is a stage ${name} already.`);
  if (name === 'testing' || name === 'shared')
    throw new ScaffoldError(`"${name}" means something else in this code base; choose another name.`);

  const values = { name, camel: camelCase(name), Name: pascalCase(name) };
  const created = ['config.ts', 'conformance.test.ts', 'processor.ts', 'stage.ts'].map(
    (path): Change => ({ path: `${folder}/${path}`, before: undefined, after: template(`stage/${path}`, values) }),
  );

  const { camel, Name } = values;
  const detectors = read(list) ?? '';
  const withImports = addImport(
    addImport(detectors, `import { default${Name}Config } from './${name}/config.ts';`),
    `import { ${camel}Stage } from './${name}/stage.ts';`,
  );
  return [
    ...created,
    {
      path: list,
      before: detectors,
      after: addDetector(addExports(withImports, name, camel, Name), name, camel, Name),
    },
    {
      path: topicList,
      before: topics,
      after: appendItem(appendItem(topics, 'const stages = ', `'${name}'`), 'const checkpointed = ', `'${name}'`),
    },
  ];
}

function addExports(text: string, name: string, camel: string, Name: string): string {
  const at = text.indexOf('\n/** Every detector there is');
  if (at < 0) throw new Error(`${list} has no list of detectors`);
  return `${text.slice(0, at)}export { default${Name}Config, type ${Name}Config, ${camel}Config } from './${name}/config.ts';
export { ${camel}Stage } from './${name}/stage.ts';
${text.slice(at)}`;
}

function addDetector(text: string, name: string, camel: string, Name: string): string {
  const at = text.indexOf('} as const;', text.indexOf('export const detectors'));
  if (at < 0) throw new Error(`${list} has no list of detectors`);
  const key = name.includes('-') ? `'${name}'` : name;
  return `${text.slice(0, at)}  ${key}: { stage: ${camel}Stage, config: default${Name}Config },\n${text.slice(at)}`;
}
