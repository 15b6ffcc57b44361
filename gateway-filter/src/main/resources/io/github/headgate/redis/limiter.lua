--[[
The arithmetic of one key, atomically: the same as KeyState in Java, line for line where the two languages allow it.

KEYS[1]  the key
ARGV[1]  little-endian: operation B, limits per minute, hour and day I4 each (0: none), burst capacity I4 (0: none), then
           operation 1, decide:    for each request: permits I4, longest wait in ms I4
           operation 2, give back: permits I4, generation I7, instant I6
           operation 3, read:      nothing; changes nothing
           operation 4, charge:    permits I4, age in ms I6; whatever the limits say
ARGV[2]  the time in microseconds; only tests send it

Answers, for each request or reading, 83 bytes: outcome B (0 granted, 1 denied, 2 never fits), the limit hit B (1 to 4),
delay or retry-after in ms I7, generation I7, instant I6; for each window used I4, ms until a permit I6, ms until full I6;
ms from now until the instant of the burst's deficit I6, that deficit I7.

The value: a head, then the counts of the minute's, hour's and day's slots, each run ending at the slot of `settled`, then
the reserved permits of each second after `base`. Instants are in key time: Redis time plus `offset`, which never steps back.
A denial writes nothing, unless the clock has stepped back: that must be remembered, or the key would not age until the
clock has caught up.
]]
local HEAD = '<BBBBBBBI4I4I4I6I6I7I6I6I7I6I7'
local HEAD_BYTES = 70
local LAYOUT = 1
local SLOT = {1000, 60000, 1440000}
local PENDING = 4
-- The bucket counts in 1/UNIT of a permit, so that every refill in a whole millisecond is a whole number.
local UNIT = 86400000
local REFILL = {1440, 24, 1}
local COUNT = {'<I1', '<I2', '<I3', '<I4'}

local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min
local sub, rep = string.sub, string.rep
local pack, unpack = struct.pack, struct.unpack

local arguments = ARGV[1]
local operation, minute, hour, day, burst = unpack('<BI4I4I4I4', arguments)
local limits = {minute, hour, day}
local rate, shape = 0, burst > 0 and 8 or 0
for w = 3, 1, -1 do
  if limits[w] > 0 then
    rate = limits[w] * REFILL[w]
    shape = shape + 2 ^ (w - 1)
  end
end

local micros
if ARGV[2] then
  micros = tonumber(ARGV[2])
else
  local time = redis.call('TIME')
  micros = time[1] * 1000000 + time[2]
end
local raw = floor(micros / 1000)

local value = redis.pcall('GET', KEYS[1])
if type(value) == 'table' then
  if not string.find(value.err, 'WRONGTYPE', 1, true) then
    return value
  end
  value = false
end

local width, length, sum = 2, {0, 0, 0, 0}, {0, 0, 0, 0}
local run = {'', '', '', ''}
local last_raw, offset, generation, settled, clock, deficit, base, base_deficit = raw, 0, micros, 0, 0, 0, 0, 0
local shape_then = shape
if value and #value >= HEAD_BYTES and string.byte(value) == LAYOUT then
  local _
  _, width, shape_then, length[1], length[2], length[3], length[4], sum[1], sum[2], sum[3], last_raw, offset, generation,
    settled, clock, deficit, base, base_deficit = unpack(HEAD, value)
  local at = HEAD_BYTES + 1
  for i = 1, 4 do
    local bytes = length[i] * width
    run[i] = sub(value, at, at + bytes - 1)
    at = at + bytes
  end
else
  value = false
end
local stepped_back = raw < last_raw
if stepped_back then
  offset = offset + last_raw - raw
end
local now = raw + offset

local function count(i, index)
  return (unpack(COUNT[width], run[i], index * width + 1))
end

local function put(i, index, permits)
  local r, at = run[i], index * width
  run[i] = sub(r, 1, at) .. pack(COUNT[width], permits) .. sub(r, at + width + 1)
end

-- Makes room for counts up to `largest` in every run.
local function widen(largest)
  while largest >= 256 ^ width do
    for i = 1, 4 do
      local wider = {}
      for index = 0, length[i] - 1 do
        wider[index + 1] = pack(COUNT[width + 1], count(i, index))
      end
      run[i] = table.concat(wider)
    end
    width = width + 1
  end
end

-- Drops the slots that have left the window at an instant; the first slot of a run always holds a permit.
local function expire(w, instant)
  local n = length[w]
  if n == 0 then
    return
  end
  local first = floor(settled / SLOT[w]) - n + 1
  local live = floor(instant / SLOT[w]) - 60
  local drop = 0
  while drop < n do
    local permits = count(w, drop)
    if first + drop >= live and permits > 0 then
      break
    end
    sum[w] = sum[w] - permits
    drop = drop + 1
  end
  if drop > 0 then
    run[w] = sub(run[w], drop * width + 1)
    length[w] = n - drop
  end
end

-- Charges the rule's windows at an instant that is not before `settled`, and moves `settled` there.
local function charge(instant, permits)
  for w = 1, 3 do
    expire(w, instant)
    local charged = limits[w] > 0 and permits or 0
    sum[w] = sum[w] + charged
    if length[w] > 0 then
      local gap = floor(instant / SLOT[w]) - floor(settled / SLOT[w])
      if gap > 0 then
        run[w] = run[w] .. rep('\0', gap * width)
        length[w] = length[w] + gap
      end
      if charged > 0 then
        local last = length[w] - 1
        local permits_then = count(w, last)
        widen(permits_then + charged)
        put(w, last, permits_then + charged)
      end
    elseif charged > 0 then
      widen(charged)
      run[w] = pack(COUNT[width], charged)
      length[w] = 1
    end
  end
  settled = instant
end

local function decayed(from, millis)
  return max(0, from - rate * millis)
end

local function first_pending()
  return floor((base + 1) / 1000)
end

-- Turns reservations whose second has passed into charges.
local function settle()
  local first, n, gone = first_pending(), length[PENDING], 0
  while gone < n do
    local second = first + gone
    local finish = second * 1000 + 999
    if clock > now and finish > now then
      break
    end
    local permits = count(PENDING, gone)
    base_deficit = decayed(base_deficit, finish - base)
    if permits > 0 then
      charge(max(settled, second * 1000), permits)
      if burst > 0 then
        base_deficit = base_deficit + permits * UNIT
      end
      sum[PENDING] = sum[PENDING] - permits
    end
    base = finish
    gone = gone + 1
  end
  run[PENDING] = sub(run[PENDING], gone * width + 1)
  length[PENDING] = n - gone
end

if length[PENDING] > 0 then
  for index = 0, length[PENDING] - 1 do
    sum[PENDING] = sum[PENDING] + count(PENDING, index)
  end
  settle()
end
for w = 1, 3 do
  expire(w, now)
end

-- The instant at which so many of the window's permits, oldest first, have left it.
local function left(w, permits)
  local first = floor(settled / SLOT[w]) - length[w] + 1
  for index = 0, length[w] - 1 do
    permits = permits - count(w, index)
    if permits <= 0 then
      return (first + index + 61) * SLOT[w]
    end
  end
  first = first_pending()
  for index = 0, length[PENDING] - 1 do
    permits = permits - count(PENDING, index)
    if permits <= 0 then
      return (floor((first + index) * 1000 / SLOT[w]) + 61) * SLOT[w]
    end
  end
end

-- The instant at which the last of the window's permits leaves it.
local function all_left(w)
  if length[PENDING] > 0 then
    return (floor(clock / SLOT[w]) + 61) * SLOT[w]
  end
  local last = length[w] - 1
  while last > 0 and count(w, last) == 0 do
    last = last - 1
  end
  return (floor(settled / SLOT[w]) - length[w] + last + 62) * SLOT[w]
end

local function reply(outcome, hit, wait, instant)
  local parts = {}
  for w = 1, 3 do
    local used, until_permit, until_full = 0, 0, 0
    if limits[w] > 0 then
      used = sum[w] + sum[PENDING]
      if used > 0 then
        until_full = max(0, all_left(w) - instant)
        if instant > now then
          local first, live = floor(settled / SLOT[w]) - length[w] + 1, floor(instant / SLOT[w]) - 60
          for index = 0, min(length[w], live - first) - 1 do
            used = used - count(w, index)
          end
        end
        if used >= limits[w] then
          until_permit = left(w, sum[w] + sum[PENDING] + 1 - limits[w]) - instant
        end
      end
    end
    parts[w] = pack('<I4I6I6', used, until_permit, until_full)
  end
  local ahead = max(0, clock - instant)
  return pack('<BBI7I7I6', outcome, hit, wait, generation, instant)
    .. parts[1] .. parts[2] .. parts[3] .. pack('<I6I7', ahead, decayed(deficit, max(0, instant - clock)))
end

local function never_fits(permits)
  for w = 1, 3 do
    if limits[w] > 0 and permits > limits[w] then
      return w
    end
  end
  return burst > 0 and permits > burst and 4
end

local dirty = false

local function decide(permits, max_wait)
  local hit = never_fits(permits)
  if hit then
    return reply(2, hit, 0, now)
  end
  local start = max(now, clock)
  local instant = start
  for w = 1, 3 do
    if limits[w] > 0 then
      local excess = sum[w] + sum[PENDING] + permits - limits[w]
      if excess > 0 then
        local fits = left(w, excess)
        if fits > instant then
          instant, hit = fits, w
        end
      end
    end
  end
  local deficit_at_start = decayed(deficit, start - clock)
  if burst > 0 then
    local over = deficit_at_start + (permits - burst) * UNIT
    if over > 0 and start + ceil(over / rate) > instant then
      instant, hit = start + ceil(over / rate), 4
    end
  end
  if instant - now > max_wait then
    -- Nothing but the waiters ahead may stand in the way; what holds them up is then the fastest to refill.
    if not hit then
      hit = burst > 0 and 4 or minute > 0 and 1 or hour > 0 and 2 or 3
    end
    return reply(1, hit, instant - now - max_wait, now)
  end
  if value and shape_then ~= shape then
    -- What was charged under other limits can no longer be told apart, so it can no longer be given back.
    generation = generation + 1
  end
  shape_then = shape
  if instant == now then
    charge(now, permits)
  else
    if length[PENDING] == 0 then
      base, base_deficit = now, decayed(deficit, now - clock)
    end
    local index = floor(instant / 1000) - first_pending()
    local missing = index + 1 - length[PENDING]
    if missing > 0 then
      run[PENDING] = run[PENDING] .. rep('\0', missing * width)
      length[PENDING] = index + 1
    end
    local permits_then = count(PENDING, index)
    widen(permits_then + permits)
    put(PENDING, index, permits_then + permits)
    sum[PENDING] = sum[PENDING] + permits
  end
  deficit = decayed(deficit_at_start, instant - start)
  if burst > 0 then
    deficit = deficit + permits * UNIT
  end
  clock = instant
  dirty = true
  return reply(0, 0, instant - now, instant)
end

-- The deficit at `clock` that the remaining reservations leave, each taken at the end of its second: never too small.
local function replayed()
  local d, at = base_deficit, base
  local first = first_pending()
  for index = 0, length[PENDING] - 1 do
    local permits = count(PENDING, index)
    if permits > 0 then
      local finish = min(clock, (first + index) * 1000 + 999)
      d = decayed(d, finish - at)
      if burst > 0 then
        d = d + permits * UNIT
      end
      at = finish
    end
  end
  return decayed(d, clock - at)
end

local function give_back_reservation(permits, instant)
  local index = floor(instant / 1000) - first_pending()
  if index >= length[PENDING] then
    return
  end
  local reserved = count(PENDING, index)
  local back = min(permits, reserved)
  put(PENDING, index, reserved - back)
  sum[PENDING] = sum[PENDING] - back
  local n = length[PENDING]
  while n > 0 and count(PENDING, n - 1) == 0 do
    n = n - 1
  end
  run[PENDING] = sub(run[PENDING], 1, n * width)
  length[PENDING] = n
  if n == 0 then
    clock, deficit = base, base_deficit
  else
    local last = (first_pending() + n - 1) * 1000 + 999
    if last < clock then
      clock = last
      deficit = replayed()
    else
      deficit = min(deficit, replayed())
    end
  end
end

local function give_back_charge(permits, instant)
  for w = 1, 3 do
    local index = floor(instant / SLOT[w]) - floor(settled / SLOT[w]) + length[w] - 1
    if limits[w] > 0 and index >= 0 and index < length[w] then
      local charged = count(w, index)
      local back = min(permits, charged)
      put(w, index, charged - back)
      sum[w] = sum[w] - back
    end
  end
  if burst > 0 then
    -- At least what has not been refilled since, had the bucket been full otherwise.
    if length[PENDING] > 0 then
      base_deficit = max(0, base_deficit - decayed(permits * UNIT, max(0, base - instant)))
      deficit = min(deficit, replayed())
    else
      deficit = max(0, deficit - decayed(permits * UNIT, max(0, clock - instant)))
    end
  end
end

-- A deficit with what is left of permits taken some time ago; no debt beyond an empty bucket.
local function owing(from, permits, age)
  if burst == 0 then
    return from
  end
  return max(from, min(burst * UNIT, from + decayed(permits * UNIT, age)))
end

-- Charges permits that were granted elsewhere some time ago.
local function charge_late(permits, age)
  local instant = max(0, now - age)
  if instant >= settled then
    charge(instant, permits)
  else
    for w = 1, 3 do
      local slot, last = floor(instant / SLOT[w]), floor(settled / SLOT[w])
      if limits[w] > 0 and slot >= floor(now / SLOT[w]) - 60 then
        local missing = last - slot + 1 - length[w]
        if missing > 0 then
          run[w] = rep('\0', missing * width) .. run[w]
          length[w] = length[w] + missing
        end
        local index = slot - last + length[w] - 1
        local charged = count(w, index) + permits
        widen(charged)
        put(w, index, charged)
        sum[w] = sum[w] + permits
      end
    end
  end
  local start = max(now, clock)
  deficit = owing(decayed(deficit, start - clock), permits, start - instant)
  clock = start
  if length[PENDING] > 0 then
    base_deficit = owing(base_deficit, permits, max(0, base - instant))
  end
end

local answer = ''
if operation == 1 then
  local answers = {}
  for at = 18, #arguments, 8 do
    local permits, max_wait = unpack('<I4I4', arguments, at)
    answers[#answers + 1] = decide(permits, max_wait)
  end
  answer = table.concat(answers)
elseif operation == 2 then
  local permits, generation_then, instant = unpack('<I4I7I6', arguments, 18)
  if value and generation == generation_then and shape_then == shape then
    if length[PENDING] > 0 and instant > base then
      give_back_reservation(permits, instant)
    else
      give_back_charge(permits, instant)
    end
    dirty = true
  end
elseif operation == 3 then
  return reply(0, 0, 0, now)
else
  local permits, age = unpack('<I4I6', arguments, 18)
  charge_late(permits, age)
  dirty = true
end

if dirty or (stepped_back and value) then
  local matters = now
  for w = 1, 3 do
    if length[w] > 0 then
      matters = max(matters, (floor(settled / SLOT[w]) + 61) * SLOT[w])
    end
    if limits[w] > 0 and length[PENDING] > 0 then
      matters = max(matters, (floor(clock / SLOT[w]) + 61) * SLOT[w])
    end
  end
  if deficit > 0 then
    local longest = day > 0 and 3 or hour > 0 and 2 or 1
    matters = max(matters, min(clock + ceil(deficit / rate), now + 120 * SLOT[longest]))
  end
  if matters > now then
    local head = pack(HEAD, LAYOUT, width, shape_then, length[1], length[2], length[3], length[4], sum[1], sum[2], sum[3], raw,
      offset, generation, settled, clock, deficit, base, base_deficit)
    redis.call('SET', KEYS[1], head .. run[1] .. run[2] .. run[3] .. run[4], 'PX', matters - now)
  elseif value then
    redis.call('DEL', KEYS[1])
  end
end
return answer
