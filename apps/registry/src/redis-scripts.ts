/**
 * Scripts that Redis runs as one step (https://redis.io/docs/latest/develop/programmability/eval-intro/). Each looks at
 * the positions itself, so that it stays right when the driver, after a lost connection, sends it once more: perhaps to
 * a server that came back empty.
 */

const sizes = `
local function sizes(first, last)
  local all = {}
  for i = first, last do
    local held = redis.call('TYPE', KEYS[i]).ok
    all[#all + 1] = held == 'hash' and redis.call('HLEN', KEYS[i]) or held == 'zset' and redis.call('ZCARD', KEYS[i]) or 0
  end
  return table.concat(all, ',')
end`;

/**
 * Runs commands when a partition's position is as expected, and moves it. Returns the position then: the new one, or
 * what is there instead of the expected one.
 *
 * KEYS: offsets, status, then the keys of the kind.
 * ARGV: partition, expected position, new position, field of the sizes, then as one MessagePack array of strings for
 * each command its name, the number of its key in KEYS, how many arguments it has, and these.
 */
export const applyScript = `${sizes}
local at = redis.call('HGET', KEYS[1], ARGV[1])
if at ~= ARGV[2] then return at end
local commands = cmsgpack.unpack(ARGV[5])
local i = 1
while i <= #commands do
  local first, last = i + 3, i + 2 + tonumber(commands[i + 2])
  for from = first, last, 1000 do
    redis.call(commands[i], KEYS[tonumber(commands[i + 1])], unpack(commands, from, math.min(from + 999, last)))
  end
  i = last + 1
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], sizes(3, #KEYS))
return ARGV[3]`;

/**
 * Empties a kind when its partitions' positions are as seen. Returns 1, or 0 when they are not.
 *
 * KEYS: offsets, status, then the keys of the kind.
 * ARGV: field of the sizes, field and value of the epoch, field and value of the time followed up to, then partitions
 * and the positions seen, '' for none.
 */
export const resetScript = `${sizes}
for i = 6, #ARGV, 2 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
end
for i = 3, #KEYS do redis.call('UNLINK', KEYS[i]) end
redis.call('HSET', KEYS[2], ARGV[1], sizes(3, #KEYS), ARGV[2], ARGV[3], ARGV[4], ARGV[5])
for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], 0) end
return 1`;

/**
 * Returns 1 when the keys of a kind have as many entries as they were left with, else 0.
 *
 * KEYS: status, then the keys of the kind. ARGV: field of the sizes.
 */
export const intactScript = `${sizes}
return redis.call('HGET', KEYS[1], ARGV[1]) == sizes(2, #KEYS) and 1 or 0`;

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
