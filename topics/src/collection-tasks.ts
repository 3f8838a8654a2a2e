import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Task } from '@alphapulse/schemas';
import { taskPartitions } from './partitions.ts';

export const collectionTasks = defineTopic({
  name: 'collection.tasks',
  doc: 'What is to be collected: the collectors of a group share its partitions.',
  key: 'task id',
  value: avroCodec<Task>(loadSchema('collection/Task')),
  partitions: taskPartitions,
  cleanupPolicy: 'compact',
});
