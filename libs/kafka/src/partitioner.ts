/**
 * The partition Java's default partitioner gives a key (murmur2, KIP-480 for keyed records), so that producers in any
 * language agree. Keys repeat: the hash is computed once for each.
 */
const maxCached = 100_000;
const hashes = new Map<string, number>();

export function partitionOf(key: string, partitions: number): number {
  let hash = hashes.get(key);
  if (hash === undefined) {
    hash = murmur2(Buffer.from(key)) & 0x7fffffff;
    if (hashes.size >= maxCached) hashes.clear();
    hashes.set(key, hash);
  }
  return hash % partitions;
}

/** murmur2 with Kafka's seed, as `org.apache.kafka.common.utils.Utils.murmur2`. */
export function murmur2(bytes: Buffer): number {
  const m = 0x5bd1e995;
  const length = bytes.length;
  let h = 0x9747b28c ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let k = bytes.readInt32LE(at);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  const left = length - at;
  if (left === 3) h ^= bytes[at + 2]! << 16;
  if (left >= 2) h ^= bytes[at + 1]! << 8;
  if (left >= 1) h = Math.imul(h ^ bytes[at]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}
