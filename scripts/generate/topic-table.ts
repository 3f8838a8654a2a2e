import type { AnyTopic } from '@alphapulse/core';

/** The topics as a Markdown table. */
export function topicTable(topics: readonly AnyTopic[]): string {
  const kept = ({ cleanupPolicy, retentionMs }: AnyTopic) => {
    if (cleanupPolicy === 'compact') return 'newest of each key';
    if (retentionMs === undefined || retentionMs < 0) return 'forever';
    const hours = retentionMs / 3_600_000;
    return hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
  };
  const rows = topics.map(
    (topic) =>
      `| \`${topic.name}\` | ${topic.doc.replaceAll('|', '\\|')} | ${topic.key.replaceAll('|', '\\|')} | ${topic.partitions} | ${kept(topic)} |`,
  );
  return ['| topic | what | key | partitions | kept |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}
