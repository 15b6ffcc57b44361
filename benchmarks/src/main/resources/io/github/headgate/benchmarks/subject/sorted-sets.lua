-- Three sliding windows as logs of timestamps: exact, and as large as the limits.
-- KEYS: the minute's, the hour's and the day's set. ARGV: their limits, then a member nobody else uses.
local LENGTH = { 60000000, 3600000000, 86400000000 }
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i = 1, 3 do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - LENGTH[i])
  if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[i]) then
    return 0
  end
end
for i = 1, 3 do
  redis.call('ZADD', KEYS[i], now, ARGV[4])
  redis.call('PEXPIRE', KEYS[i], LENGTH[i] / 1000)
end
return 1
