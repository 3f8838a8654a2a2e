import type { RedisConnection } from '@alphapulse/redis';
import { redisKeys, redisPrefix } from '@alphapulse/registry';

/**
 * The copy in Redis as lines of text, sorted: two copies of the same topics are equal, however they came about. Without
 * the status, which tells of the copy and not of what it holds. For tests, and for comparing by hand.
 */
export async function dumpRedis({ client }: RedisConnection): Promise<string[]> {
  const lines: string[] = [];
  for (const key of await client.keys(`${redisPrefix}*`)) {
    if (key === redisKeys.status) continue;
    const type = await client.type(key);
    if (type === 'hash')
      for (const [field, value] of Object.entries(await client.hgetall(key))) lines.push(`${key} ${field} = ${value}`);
    else if (type === 'zset') for (const member of await client.zrange(key, '0', '-1')) lines.push(`${key} ${member}`);
    else lines.push(`${key} is a ${type}`);
  }
  return lines.sort();
}
