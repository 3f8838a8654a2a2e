import { readFileSync } from 'node:fs';

/** A template's text with `{{name}}` and the like filled in. @throws when a placeholder has no value. */
export function template(path: string, values: Readonly<Record<string, string>>): string {
  const text = readFileSync(new URL(`./templates/${path}.txt`, import.meta.url), 'utf8');
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`template ${path}: nothing to put in for ${name}`);
    return value;
  });
}
