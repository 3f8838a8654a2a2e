/** What is left to do by hand. */
export function nextSteps(kind: string, name: string): string {
  const steps: Readonly<Record<string, readonly string[]>> = {
    source: [
      `Fill in libs/sources/src/${name}, from messages.ts outwards; its README.md says what is to be known.`,
      'Put a whole frame of every channel into fixtures/frames.json, with where and when it was taken.',
      `npm test -- unit libs/sources/src/${name}   fails until then, and says what is missing`,
      `npm run -s alphapulse -- record --source ${name} --out ${name}.jsonl.gz --duration 30s`,
      `npm run -s alphapulse -- parse --source ${name} --summary ${name}.jsonl.gz`,
    ],
    stage: [
      `Fill in libs/detectors/src/${name}: reads, writes and doc in stage.ts, the fold in processor.ts.`,
      `npm test -- unit libs/detectors/src/${name}   fails until then, and says what is missing`,
      'Describe it in libs/detectors/README.md.',
      'npm run generate   once more, when reads, writes or doc have changed',
    ],
    topic: [
      'Fill in doc, key and partitions of the topic, and doc and fields of its schema.',
      'npm run -s alphapulse -- topics lint --offline   says what is still without a doc',
      'npm run generate   once more, when anything of it has changed',
      'npm run -s alphapulse -- topics plan   shows what would be created',
    ],
  };
  return (steps[kind] ?? []).map((step, at) => `${at + 1}. ${step}`).join('\n');
}
