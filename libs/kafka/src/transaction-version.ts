import { type Broker, type Cluster, protocolError } from './cluster.ts';
import { FlexibleReader, FlexibleWriter } from './flexible.ts';

const finalizedFeatures = 2;

/**
 * The level of the cluster's feature `transaction.version`; 0 where the broker does not know features.
 * From level 2 on (KIP-890, new clusters from Kafka 4.0) produce and offset requests add their partitions to the
 * transaction themselves, and each transaction has a producer epoch of its own.
 *
 *   ApiVersions request, version 3:  client name | client version
 *   response: error_code i16 | [api_key i16, min i16, max i16] | throttle_ms i32 | tag 2: [name, max_level i16, min_level i16]
 *
 * Source: https://kafka.apache.org/protocol#The_Messages_ApiVersions
 */
export async function transactionVersion(cluster: Cluster): Promise<number> {
  const broker: Broker = await cluster.findControllerBroker();
  return broker.connectionPool.send({
    request: {
      apiKey: 18,
      apiVersion: 3,
      apiName: 'ApiVersions',
      encode: async () => new FlexibleWriter().string('alphapulse').string('1').tags().finish(),
    },
    response: { decode: async (raw) => decode(raw), parse: async (level) => level as number },
    logResponseError: false,
  });
}

function decode(raw: Buffer): number {
  // Its response header has no tagged fields, so that clients of any age can read it.
  const reader = new FlexibleReader(raw, { headerTags: false });
  // A broker that does not know version 3 answers in version 0 with UNSUPPORTED_VERSION.
  if (protocolError(reader.int16())) return 0;
  reader.array(() => {
    reader.int16();
    reader.int16();
    reader.int16();
    reader.tags();
  });
  reader.int32();
  let level = 0;
  reader.tags((tag) => {
    if (tag !== finalizedFeatures) return;
    reader.array(() => {
      const name = reader.string();
      const max = reader.int16();
      reader.int16();
      reader.tags();
      if (name === 'transaction.version') level = max;
    });
  });
  return level;
}
