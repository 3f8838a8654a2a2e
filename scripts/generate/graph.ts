import type { AnyTopic, Source, Stage } from '@alphapulse/core';

/** Stages that are given a view of the registry. */
const asking = ['enrich', 'synthetic-legs', 'synthetics'];

/** The graph of sources, topics and stages as a Mermaid flowchart, derived from the three lists. */
export function graph(sources: readonly Source[], stages: readonly Stage[], topics: readonly AnyTopic[]): string {
  const node = (name: string) => name.replaceAll(/[^a-zA-Z0-9]/g, '_');
  const stageNode = (name: string) => `stage_${node(name)}`;
  const produced = new Set(stages.flatMap(({ writes }) => writes.map(({ name }) => name)));
  // Stages declare every kind of event there will be; only kinds with a producing source are drawn.
  const kinds = new Set(['processed.trades', 'processed.quotes', 'processed.books', 'processed.bars']);
  const drawn = (name: string) => !name.startsWith('processed.') || kinds.has(name);
  const lines = ['```mermaid', 'flowchart LR'];
  for (const { id } of sources) lines.push(`  source_${node(id)}([${id}]) --> raw_${node(id)}[(raw.${id})]`);
  for (const { name, reads, writes } of stages) {
    lines.push(`  ${stageNode(name)}{{${name}}}`);
    for (const topic of reads) lines.push(`  ${node(topic.name)}[(${topic.name})] --> ${stageNode(name)}`);
    for (const topic of writes)
      if (drawn(topic.name)) lines.push(`  ${stageNode(name)} --> ${node(topic.name)}[(${topic.name})]`);
  }
  if (topics.some(({ name }) => name === 'collection.tasks')) {
    for (const { id } of sources) lines.push(`  collection_tasks[(collection.tasks)] -.-> source_${node(id)}`);
  }
  for (const name of asking)
    if (stages.some((stage) => stage.name === name)) lines.push(`  registry[(registry.*)] -.-> ${stageNode(name)}`);
  lines.push('```');
  if (produced.size === 0) throw new Error('no stage writes anything');
  return lines.join('\n');
}
