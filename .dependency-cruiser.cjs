/**
 * The import rule of the design as data: what each package may import of the others.
 * apps are wiring and may import every package; the core imports nothing; everything points inwards.
 */
const mayImport = {
  'libs/core': [],
  schemas: ['libs/core'],
  topics: ['libs/core', 'schemas'],
  'libs/market': ['libs/core'],
  'libs/sources': ['libs/core', 'libs/market', 'schemas', 'topics'],
  // Stages are given their registry view; they never import the registry.
  'libs/stages': ['libs/core', 'libs/market', 'schemas', 'topics'],
  'libs/detectors': ['libs/core', 'libs/market', 'schemas', 'topics'],
  'libs/kafka': ['libs/core'],
  'libs/redis': ['libs/core'],
  'libs/net': ['libs/core'],
  'libs/stack': ['libs/core'],
  'libs/recording': ['libs/core'],
  // Providers of reference data: files, OpenFIGI. HTTP goes through a Net that is given.
  'libs/reference': ['libs/core', 'libs/market', 'schemas'],
  'libs/registry': ['libs/core', 'libs/market', 'schemas', 'topics', 'libs/kafka', 'libs/redis'],
  'libs/runtime': ['libs/core', 'schemas', 'topics', 'libs/kafka'],
  'libs/testkit': ['libs/core', 'libs/market', 'schemas', 'topics', 'libs/recording'],
};

/** Test files and the helpers beside them may also use the testkit and whatever they test against. */
const tests = '(\\.test\\.ts$|/testing/)';

const packages = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `imports-of-${name.replace('libs/', '')}`,
  severity: 'error',
  comment: `${name} may import ${allowed.length === 0 ? 'no other package' : allowed.join(', ')} (and, in tests, more).`,
  from: { path: `^${name}/`, pathNot: tests },
  to: {
    path: '^(apps|libs|schemas|topics|integration-tests|scripts)/',
    pathNot: [name, ...allowed].map((path) => `^${path}/`),
  },
}));

/** Only one package knows a driver, so that the driver can be replaced. */
const drivers = [
  ['kafka', 'kafkajs|@kafkajs/confluent-schema-registry'],
  ['redis', 'ioredis|redis'],
].map(([owner, modules]) => ({
  name: `only-${owner}-knows-its-driver`,
  severity: 'error',
  comment: `Only libs/${owner} imports ${modules.replace('|', ' and ')}.`,
  from: { pathNot: `^libs/${owner}/` },
  to: { path: `(^|node_modules/)(${modules})(/|$)` },
}));

/** Folders of one package that are parts of their own and never import one another. */
const siblings = ['sources', 'stages', 'detectors'].map((kind) => ({
  name: `no-${kind}-import-one-another`,
  severity: 'error',
  comment: `Each folder of libs/${kind}/src stands alone; what they share is in shared/, testing/ or a file beside them.`,
  from: { path: `^libs/${kind}/src/(?!(?:shared|testing)/)([^/]+)/` },
  to: { path: `^libs/${kind}/src/[^/]+/`, pathNot: [`^libs/${kind}/src/(?:$1|shared|testing)/`] },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...packages,
    ...drivers,
    ...siblings,
    {
      name: 'core-has-no-npm-dependency',
      severity: 'error',
      comment: 'The vocabulary depends on nothing at all.',
      from: { path: '^libs/core/', pathNot: tests },
      to: { path: '(^|/)node_modules/' },
    },
    {
      name: 'testkit-only-in-tests',
      severity: 'error',
      comment: 'The testkit is for tests, the simulator and the harness.',
      from: { pathNot: ['^libs/testkit/', '^apps/simulate/', '^integration-tests/', tests] },
      to: { path: '^libs/testkit/' },
    },
    {
      name: 'apps-stand-alone',
      severity: 'error',
      comment: 'An app is one process; what two of them share belongs into a library.',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/[^/]+/', pathNot: '^apps/$1/' },
    },
    {
      name: 'nothing-imports-apps-or-scenarios',
      severity: 'error',
      from: { path: '^(libs|schemas|topics|apps)/' },
      to: { path: '^(integration-tests|scripts)/' },
    },
    {
      name: 'no-tests-in-sources',
      severity: 'error',
      comment: 'Running code imports no test and no test helper.',
      from: { pathNot: ['^libs/testkit/', '^integration-tests/', tests] },
      to: { path: tests, pathNot: '^libs/testkit/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Cycles of types alone are fine: they are gone at run time.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'declared',
      severity: 'error',
      comment: 'A package says in its package.json (or the root’s) which npm packages it imports.',
      from: { pathNot: tests },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'Every import leads somewhere.',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(kafkajs/src/|@swc/jest)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules/\\.cache|\\.alphapulse|apps/dashboard/public)/' },
    // Types count: a stage that only knows the broker's types still knows the broker.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
