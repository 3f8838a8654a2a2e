/** `npm run bench -- [pipeline | registry] [options]`: one benchmark, with a Kafka of its own; `pipeline` when none is named. */
const benchmarks: Readonly<Record<string, () => Promise<unknown>>> = {
  pipeline: () => import('./pipeline-main.ts'),
  registry: () => import('./registry-main.ts'),
};

const named = process.argv[2];
const isNamed = named !== undefined && !named.startsWith('-');
const run = benchmarks[isNamed ? named : 'pipeline'];
if (!run) {
  console.error(`bench: ${named} is none of ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}
// What is left are the benchmark's own options.
if (isNamed) process.argv.splice(2, 1);
await run();
