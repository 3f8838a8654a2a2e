import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Subscription } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const routingSubscriptions = defineTopic({
  name: 'routing.subscriptions',
  doc: 'What consumers want delivered.',
  key: 'subscription id',
  value: avroCodec<Subscription>(loadSchema('routing/Subscription')),
  partitions: controlPartitions,
  cleanupPolicy: 'compact',
});
