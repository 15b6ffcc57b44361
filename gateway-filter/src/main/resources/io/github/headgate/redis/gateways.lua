--[[
Announces a gateway, and tells who is alive and whether the data is still the one that was there.

KEYS[1]  the roll: the marker of this data, which goes when the data does, and for each gateway until when it counts as alive
ARGV     the gateway's name, for how many milliseconds it counts as alive, a marker for data that has none

Answers the Redis time in milliseconds, the marker, and the names of all that are alive.
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stored = redis.pcall('GET', KEYS[1])
local readable, roll = pcall(cjson.decode, stored)
-- Anything else is as good as no roll.
if not readable or type(roll) ~= 'table' or type(roll.alive) ~= 'table' or type(roll.marker) ~= 'string' then
  roll = {marker = ARGV[3], alive = {}}
end
for name, till in pairs(roll.alive) do
  -- Far ahead, it is from before the clock stepped back; who is alive says so again.
  if till <= now or till > now + ARGV[2] then
    roll.alive[name] = nil
  end
end
roll.alive[ARGV[1]] = now + ARGV[2]
redis.call('SET', KEYS[1], cjson.encode(roll), 'PX', 172800000)
local answer = {string.format('%.0f', now), roll.marker}
for name in pairs(roll.alive) do
  answer[#answer + 1] = name
end
return answer
