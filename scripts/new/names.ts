/** `economic-indicators` → `economicIndicators`; dots part words too. */
export function camelCase(name: string): string {
  return name.replace(/[-.]+(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `economic-indicators` → `EconomicIndicators`. */
export function pascalCase(name: string): string {
  const camel = camelCase(name);
  return camel.charAt(0).toUpperCase() + camel.slice(1);
}

/** What one record of a topic is called: `spreads` → `Spread`, `volatility` → `Volatility`, `indices` → `Index`. */
export function recordName(topicPart: string): string {
  const name = pascalCase(topicPart);
  if (name.endsWith('ices')) return `${name.slice(0, -4)}ex`;
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  return /[^s]s$/.test(name) ? name.slice(0, -1) : name;
}

/** Words that cannot name a constant in a module. */
const reserved = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield'.split(
    ' ',
  ),
);

export function isReservedWord(name: string): boolean {
  return reserved.has(name);
}
