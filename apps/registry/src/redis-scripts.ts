/**
 * Scripts that Redis runs as one step (https://redis.io/docs/latest/develop/programmability/eval-intro/). Each looks at
 * the positions itself, so that it stays right when the driver, after a lost connection, sends it once more: perhaps to
 * a server that came back empty.
 */

/**
 * Runs commands when a partition's position is as expected, and moves it. Returns the position then: the new one, or
 * what is there instead of the expected one.
 *
 * KEYS: offsets, then the keys of the commands.
 * ARGV: partition, expected position, new position, then as one MessagePack array of strings for each command its name,
 * the number of its key in KEYS, how many arguments it has, and these.
 */
export const applyScript = `
local at = redis.call('HGET', KEYS[1], ARGV[1])
if at ~= ARGV[2] then return at end
local commands = cmsgpack.unpack(ARGV[4])
local i = 1
while i <= #commands do
  local first, last = i + 3, i + 2 + tonumber(commands[i + 2])
  for from = first, last, 1000 do
    redis.call(commands[i], KEYS[tonumber(commands[i + 1])], unpack(commands, from, math.min(from + 999, last)))
  end
  i = last + 1
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return ARGV[3]`;

/**
 * Empties a kind when its partitions' positions are as seen. Returns 1, or 0 when they are not.
 *
 * KEYS: offsets, status, then the keys of the kind.
 * ARGV: field and value of the epoch, field and value of the time followed up to, then partitions and the positions
 * seen, '' for none.
 */
export const resetScript = `
for i = 5, #ARGV, 2 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
end
for i = 3, #KEYS do redis.call('UNLINK', KEYS[i]) end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
for i = 5, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], 0) end
return 1`;

/**
 * Returns 0 when a position is missing or before what is expected; else sets fields of the status and returns 1.
 *
 * KEYS: offsets, status.
 * ARGV: how many partitions, then partitions and positions, then fields and values.
 */
export const checkScript = `
local last = 1 + 2 * tonumber(ARGV[1])
for i = 2, last, 2 do
  if tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or -1) < tonumber(ARGV[i + 1]) then return 0 end
end
for i = last + 1, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1`;

/**
 * Takes out what is there under the keys of this layout when the status names another layout or another cluster.
 * Returns 1 when there was such a copy, whose other keys may still be there, else 0.
 *
 * KEYS: status, then every other key of this layout.
 * ARGV: fields and values of the status.
 */
export const adoptScript = `
local same = true
for i = 1, #ARGV, 2 do same = same and redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] end
if same then return 0 end
local found = 0
for i = 1, #KEYS do found = math.max(found, redis.call('UNLINK', KEYS[i])) end
redis.call('HSET', KEYS[1], unpack(ARGV))
return found`;
