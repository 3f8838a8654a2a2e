import type { IdempotentProducer, LogReader, SchemaIds } from '@alphapulse/kafka';

/** The parts of libs/kafka this package uses, so that tests can put an in-memory log in their place. */
export type ReaderPort = Pick<LogReader, 'partitions' | 'ends' | 'follow' | 'close'>;
export type ProducerPort = Pick<IdempotentProducer, 'connect' | 'send' | 'flush' | 'close'>;
export type SchemaPort = Pick<SchemaIds, 'register' | 'prefix' | 'decode' | 'lookUp'>;
