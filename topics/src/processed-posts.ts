import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Post } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const processedPosts = defineTopic({
  name: 'processed.posts',
  doc: 'Posts, articles and mentions.',
  key: 'instrumentId',
  value: avroCodec<Post>(loadSchema('processed/Post')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
