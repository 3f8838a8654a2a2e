import { type Broker, protocolError } from './cluster.ts';
import { FlexibleReader, FlexibleWriter } from './flexible.ts';

export interface ProducerIdentity {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/**
 * Commits consumer offsets as part of a transaction, adding the group's offsets to it by the same request.
 *
 *   TxnOffsetCommit request, version 5: transactional_id | group_id | producer_id i64 | producer_epoch i16
 *     | generation i32 | member_id | group_instance_id null | [topic [partition i32 | offset i64 | leader_epoch i32 | metadata]]
 *   response: throttle_ms i32 | [topic [partition i32 | error_code i16]]
 *
 * Generation −1 and no member: fencing is by the transactional id of the partition.
 * Source: https://kafka.apache.org/protocol#The_Messages_TxnOffsetCommit
 */
export async function commitOffsets(
  coordinator: Broker,
  identity: ProducerIdentity,
  group: string,
  topics: ReadonlyMap<string, readonly { partition: number; offset: bigint; metadata: string | null }[]>,
): Promise<void> {
  const body = new FlexibleWriter(512)
    .string(identity.transactionalId)
    .string(group)
    .int64(identity.producerId)
    .int16(identity.producerEpoch)
    .int32(-1)
    .string('')
    .string(null);
  body.array(topics, ([topic, partitions]) => {
    body.string(topic).array(partitions, ({ partition, offset, metadata }) => {
      body.int32(partition).int64(offset).int32(-1).string(metadata).tags();
    });
    body.tags();
  });
  await coordinator.connectionPool.send({
    request: { apiKey: 28, apiVersion: 5, apiName: 'TxnOffsetCommit', encode: async () => body.tags().finish() },
    response: {
      decode: async (raw) => {
        const reader = new FlexibleReader(raw);
        reader.int32();
        return reader.array(() => {
          reader.string();
          const codes = reader.array(() => {
            reader.int32();
            const code = reader.int16();
            reader.tags();
            return code;
          });
          reader.tags();
          return codes;
        });
      },
      parse: async (codes) => {
        for (const code of (codes as number[][]).flat()) {
          const error = protocolError(code);
          if (error) throw error;
        }
      },
    },
    logResponseError: false,
  });
}

/**
 * Ends a transaction and returns the identity of the next one: the broker raises the epoch, so that a request of this
 * transaction that arrives late cannot become part of another.
 *
 *   EndTxn request, version 5: transactional_id | producer_id i64 | producer_epoch i16 | committed bool
 *   response: throttle_ms i32 | error_code i16 | producer_id i64 | producer_epoch i16
 *
 * Source: https://kafka.apache.org/protocol#The_Messages_EndTxn
 */
export async function endTransaction(
  coordinator: Broker,
  identity: ProducerIdentity,
  committed: boolean,
): Promise<ProducerIdentity> {
  const { transactionalId, producerId, producerEpoch } = identity;
  return coordinator.connectionPool.send({
    request: {
      apiKey: 26,
      apiVersion: 5,
      apiName: 'EndTxn',
      encode: async () =>
        new FlexibleWriter()
          .string(transactionalId)
          .int64(producerId)
          .int16(producerEpoch)
          .int8(committed ? 1 : 0)
          .tags()
          .finish(),
    },
    response: {
      decode: async (raw) => {
        const reader = new FlexibleReader(raw);
        reader.int32();
        const errorCode = reader.int16();
        return { errorCode, producerId: reader.int64(), producerEpoch: reader.int16() };
      },
      parse: async (data) => {
        const answer = data as { errorCode: number; producerId: bigint; producerEpoch: number };
        const error = protocolError(answer.errorCode);
        if (error) throw error;
        return { transactionalId, producerId: answer.producerId, producerEpoch: answer.producerEpoch };
      },
    },
    logResponseError: false,
  });
}
