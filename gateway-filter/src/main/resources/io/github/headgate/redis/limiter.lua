--[[
The arithmetic of KeyState, for one key or several, atomically and in one call.

KEYS     one or more keys, all of one slot in a cluster
ARGV[k]  what is asked of KEYS[k], little-endian: operation B, which limits there are B (1 minute, 2 hour, 4 day, 8 burst),
         limits per minute, hour and day I4 each (0: none), burst capacity I4 (0: none), what is refilled in one millisecond in
         1/UNIT of a permit d, then
           operation 1, decide:    one or more times permits I4, longest wait in ms I4, how many such requests I4
           operation 2, give back: permits I4, generation d, instant d
           operation 3, read:      nothing; changes nothing
           operation 4, charge:    permits I4, age in ms d; whatever the limits say
         or, as ARGV[1] only, operation 5, once: for how long in ms I4; then KEYS[1] names this call, which does nothing if it was
         executed before, and remembers for so long that it was
ARGV[#KEYS + 1]  the Redis time in ms after which the call must change nothing, because nobody waits for it any more
ARGV[#KEYS + 2]  the time in microseconds; only tests send it

Answers, for decide and read, key after key, as many as it takes; each tells so many like requests, in their order:
  outcome B, how many requests I4, generation d, instant d, then for
    3 granted at once, no window full: permits that each window holds after the last of them I4 each, the burst's deficit d
    0 granted, 1 denied, 2 never fits: the limit hit B (1 to 4), delay or retry-after in ms d; for each window the permits it
      holds I4, ms until a permit d, ms until full d; ms until the instant of the burst's deficit d, that deficit d

A call that comes after its deadline answers 4 B and the Redis time in ms d, and nothing else.

The value: a head, then three runs of slots that are over, for minute, hour and day, each ending with the slot before that of
`settled`, whose own counts are in the head (`open`); then the reserved permits of each second after `base`. Instants are in
key time: Redis time plus `offset`, which never steps back.

A denial writes nothing, unless the clock has stepped back: that must be remembered, or the key would not age until the clock
has caught up.

Most calls grant at once to keys that nobody waits for. They are decided straight on, without a function or a table, for Redis
makes those anew in each call, which costs more than the decision; all others by `general`, which could decide these too.
]]
-- Lua hashes but every fourth byte of a string this long, and of heads those are alike: all in one chain of its table. So two
-- of them, the fourth and the sixth, are salt; which of both is hashed depends on the length.
local HEAD, HEAD_BYTES, LAYOUT = '<BBBBBBBBBBI4I4I4I4I4I4dddddddd', 98, 2
-- The bucket counts in 1/UNIT of a permit, so that every refill in a whole millisecond is a whole number.
local UNIT = 86400000

local floor = math.floor
local sub, rep, pack, unpack = string.sub, string.rep, struct.pack, struct.unpack

local micros
if ARGV[#KEYS + 2] then
  micros = tonumber(ARGV[#KEYS + 2])
else
  local time = redis.call('TIME')
  micros = time[1] * 1000000 + time[2]
end
local raw = floor(micros / 1000)
local deadline = ARGV[#KEYS + 1]
if deadline and raw > tonumber(deadline) then
  return pack('<Bd', 4, raw)
end

local function format(width)
  return width == 2 and '<I2' or width == 3 and '<I3' or '<I4'
end

-- A slot is over: it joins its run, empty ones follow, and those that have left the window drop out of it.
local function roll(gap, width, length, run, held, open)
  if gap > 60 then
    return 0, '', 0
  end
  run = run .. pack(format(width), open) .. rep('\0', (gap - 1) * width)
  length = length + gap
  local drop = 0
  while drop < length do
    local permits = unpack(format(width), run, drop * width + 1)
    if permits > 0 and drop >= length - 60 then
      break
    end
    held = held - permits
    drop = drop + 1
  end
  return length - drop, sub(run, drop * width + 1), held
end

-- Everything, for the key at hand.
local function make_general()
  local SLOT, PENDING = {1000, 60000, 1440000}, 4
  local ceil, max, min = math.ceil, math.max, math.min

  local limits, length, sum, open, run, answers = {}, {}, {}, {}, {}, {}
  local shape, burst, rate
  local value, tail, width, shape_then, pending_shape, generation, offset, settled, clock, deficit, base, base_deficit
  local now, stepped_back, dirty

  -- Cuts the runs out of the value; most decisions do not need them.
  local function split()
    if tail then
      local at = 1
      for i = 1, 4 do
        local bytes = length[i] * width
        run[i] = sub(tail, at, at + bytes - 1)
        at = at + bytes
      end
      tail = nil
    end
  end

  local function count(i, index)
    return (unpack(format(width), run[i], index * width + 1))
  end

  local function put(i, index, permits)
    local r, at = run[i], index * width
    run[i] = sub(r, 1, at) .. pack(format(width), permits) .. sub(r, at + width + 1)
  end

  -- Makes room for counts up to `largest` in every run.
  local function widen(largest)
    while largest >= 256 ^ width do
      for i = 1, 4 do
        local wider = {}
        for index = 0, length[i] - 1 do
          wider[index + 1] = pack(format(width + 1), count(i, index))
        end
        run[i] = table.concat(wider)
      end
      width = width + 1
    end
  end

  -- Moves `settled` to a later instant.
  local function roll_all(instant)
    if floor(instant / 1000) > floor(settled / 1000) then
      split()
      for w = 1, 3 do
        local gap = floor(instant / SLOT[w]) - floor(settled / SLOT[w])
        if gap > 0 and sum[w] > 0 then
          widen(open[w])
          length[w], run[w], sum[w] = roll(gap, width, length[w], run[w], sum[w], open[w])
          open[w] = 0
        end
      end
    end
    settled = instant
  end

  local function charge(permits, limited)
    for w = 1, 3 do
      if bit.band(limited, 2 ^ (w - 1)) > 0 then
        open[w] = open[w] + permits
        sum[w] = sum[w] + permits
      end
    end
  end

  local function decayed(from, millis)
    local left = from - rate * millis
    return left > 0 and left or 0
  end

  local function spent(from, permits)
    return burst > 0 and from + permits * UNIT or from
  end

  -- A deficit with so many reserved permits more, if any reservation was made under a burst.
  local function with_reserved(from, permits)
    return bit.band(pending_shape, 8) > 0 and from + permits * UNIT or from
  end

  local function first_pending()
    return floor((base + 1) / 1000)
  end

  -- Turns reservations whose second has passed into charges.
  local function settle()
    split()
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
        roll_all(max(settled, second * 1000))
        charge(permits, pending_shape)
        base_deficit = with_reserved(base_deficit, permits)
        sum[PENDING] = sum[PENDING] - permits
      end
      base = finish
      gone = gone + 1
    end
    run[PENDING] = sub(run[PENDING], gone * width + 1)
    length[PENDING] = n - gone
  end

  -- Brings the state to the present.
  local function load()
    dirty, sum[PENDING] = false, 0
    if value then
      local _, last_raw
      _, width, shape_then, _, pending_shape, _, length[1], length[2], length[3], length[4], sum[1], sum[2], sum[3], open[1], open[2],
        open[3], last_raw, offset, generation, settled, clock, deficit, base, base_deficit = unpack(HEAD, value)
      tail = sub(value, HEAD_BYTES + 1)
      stepped_back = raw < last_raw
      if stepped_back then
        offset = offset + last_raw - raw
      end
      now = raw + offset
      if length[PENDING] > 0 then
        split()
        for index = 0, length[PENDING] - 1 do
          sum[PENDING] = sum[PENDING] + count(PENDING, index)
        end
        settle()
      end
      roll_all(now)
    else
      tail, width, shape_then, pending_shape, stepped_back = '', 2, shape, 0, false
      for i = 1, 4 do
        length[i], sum[i], open[i] = 0, 0, 0
      end
      generation, offset, now, settled, clock, deficit, base, base_deficit = micros, 0, raw, raw, 0, 0, 0, 0
    end
  end

  -- The instant at which so many of the window's permits, oldest first, have left it.
  local function left(w, permits)
    split()
    local first = floor(now / SLOT[w]) - length[w]
    for index = 0, length[w] - 1 do
      permits = permits - count(w, index)
      if permits <= 0 then
        return (first + index + 61) * SLOT[w]
      end
    end
    if permits <= open[w] then
      return (floor(now / SLOT[w]) + 61) * SLOT[w]
    end
    permits = permits - open[w]
    first = first_pending()
    for index = 0, length[PENDING] - 1 do
      permits = permits - count(PENDING, index)
      if permits <= 0 then
        return (floor((first + index) * 1000 / SLOT[w]) + 61) * SLOT[w]
      end
    end
  end

  -- The instant at which the last of the window's permits, of which there are some, leaves it.
  local function all_left(w)
    if length[PENDING] > 0 then
      return (floor(clock / SLOT[w]) + 61) * SLOT[w]
    end
    local slot = floor(now / SLOT[w])
    if open[w] == 0 then
      split()
      local last = length[w] - 1
      while last > 0 and count(w, last) == 0 do
        last = last - 1
      end
      slot = slot - length[w] + last
    end
    return (slot + 61) * SLOT[w]
  end

  -- How a window stands at an instant: used, ms until a permit, ms until full.
  local function standing(w, instant)
    local held = sum[w] + sum[PENDING]
    if limits[w] == 0 or held == 0 then
      return 0, 0, 0
    end
    local used = held
    if instant > now then
      split()
      local live = floor(instant / SLOT[w]) - 60
      local first = floor(now / SLOT[w]) - length[w]
      for index = 0, min(length[w], live - first) - 1 do
        used = used - count(w, index)
      end
    end
    local until_permit = used >= limits[w] and left(w, held + 1 - limits[w]) - instant or 0
    return used, until_permit, max(0, all_left(w) - instant)
  end

  local function answer(requests, outcome, hit, wait, instant)
    local held1, permit1, full1 = standing(1, instant)
    local held2, permit2, full2 = standing(2, instant)
    local held3, permit3, full3 = standing(3, instant)
    local ahead = max(0, clock - instant)
    answers[#answers + 1] = pack('<BI4ddBdI4ddI4ddI4dddd', outcome, requests, generation, instant, hit, wait, held1, permit1,
      full1, held2, permit2, full2, held3, permit3, full3, ahead, decayed(deficit, instant + ahead - clock))
  end

  local function granted(instant, deficit_then, permits)
    if value and shape_then ~= shape then
      -- What was charged under other limits can no longer be told apart, so it can no longer be given back.
      generation = generation + 1
    end
    shape_then = shape
    deficit = spent(deficit_then, permits)
    clock = instant
    dirty = true
  end

  -- How many of so many like requests fit at once.
  local function fit_at_once(permits, requests, deficit_now)
    for w = 1, 3 do
      if limits[w] > 0 then
        requests = min(requests, floor((limits[w] - sum[w]) / permits))
      end
    end
    if burst > 0 then
      requests = min(requests, floor((burst * UNIT - deficit_now) / (permits * UNIT)))
    end
    return requests
  end

  -- Reserves permits for one request at the earliest instant that is not before the latest one given away; false if that is
  -- too far ahead, and then the request is told so.
  local function reserve(permits, max_wait, requests)
    local start, hit = max(now, clock), nil
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
    local deficit_then = decayed(deficit, start - clock)
    if burst > 0 then
      local over = deficit_then + (permits - burst) * UNIT
      if over > 0 and start + ceil(over / rate) > instant then
        instant, hit = start + ceil(over / rate), 4
      end
    end
    local wait = instant - now
    if wait > max_wait then
      if not hit then
        -- Nothing but the waiters ahead stand in the way; what holds them up is then the fastest to refill.
        hit = burst > 0 and 4 or limits[1] > 0 and 1 or limits[2] > 0 and 2 or 3
      end
      answer(requests, 1, hit, wait - max_wait, now)
      return false
    end
    split()
    if length[PENDING] == 0 then
      base, base_deficit, pending_shape = now, decayed(deficit, now - clock), 0
    end
    pending_shape = bit.bor(pending_shape, shape)
    local index = floor(instant / 1000) - first_pending()
    local missing = index + 1 - length[PENDING]
    if missing > 0 then
      run[PENDING] = run[PENDING] .. rep('\0', missing * width)
      length[PENDING] = index + 1
    end
    local reserved = count(PENDING, index) + permits
    widen(reserved)
    put(PENDING, index, reserved)
    sum[PENDING] = sum[PENDING] + permits
    granted(instant, decayed(deficit_then, instant - start), permits)
    answer(1, 0, 0, wait, instant)
    return true
  end

  local function decide(permits, max_wait, requests)
    for i = 1, 4 do
      local most = i == 4 and burst or limits[i]
      if most > 0 and permits > most then
        answer(requests, 2, i, 0, now)
        return
      end
    end
    if clock <= now then
      local deficit_now = decayed(deficit, now - clock)
      local at_once = fit_at_once(permits, requests, deficit_now)
      if at_once > 0 then
        charge(permits * at_once, shape)
        granted(now, deficit_now, permits * at_once)
        answer(at_once, 0, 0, 0, now)
        requests = requests - at_once
      end
    end
    while requests > 0 and reserve(permits, max_wait, requests) do
      requests = requests - 1
    end
  end

  -- The deficit at `clock` that the remaining reservations leave, each taken at the end of its second: never too small.
  local function replayed()
    local d, at = base_deficit, base
    local first = first_pending()
    for index = 0, length[PENDING] - 1 do
      local permits = count(PENDING, index)
      if permits > 0 then
        local finish = min(clock, (first + index) * 1000 + 999)
        d = with_reserved(decayed(d, finish - at), permits)
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
      local index = floor(instant / SLOT[w]) - floor(now / SLOT[w]) + length[w]
      if limits[w] > 0 and index >= 0 and index <= length[w] then
        local charged = index == length[w] and open[w] or count(w, index)
        local back = min(permits, charged)
        if index == length[w] then
          open[w] = charged - back
        else
          put(w, index, charged - back)
        end
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

  local function give_back(permits, generation_then, instant)
    if value and generation == generation_then and shape_then == shape then
      split()
      if length[PENDING] > 0 and instant > base then
        give_back_reservation(permits, instant)
      else
        give_back_charge(permits, instant)
      end
      dirty = true
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
    split()
    local instant = now - age
    for w = 1, 3 do
      local ago = floor(now / SLOT[w]) - floor(instant / SLOT[w])
      if limits[w] > 0 and ago <= 60 then
        if ago == 0 then
          open[w] = open[w] + permits
        else
          local missing = ago - length[w]
          if missing > 0 then
            run[w] = rep('\0', missing * width) .. run[w]
            length[w] = ago
          end
          local charged = count(w, length[w] - ago) + permits
          widen(charged)
          put(w, length[w] - ago, charged)
        end
        sum[w] = sum[w] + permits
      end
    end
    local start = max(now, clock)
    deficit = owing(decayed(deficit, start - clock), permits, start - instant)
    clock = start
    if length[PENDING] > 0 then
      base_deficit = owing(base_deficit, permits, max(0, base - instant))
    end
    dirty = true
  end

  -- Writes the state, to live as long as it matters.
  local function store(key)
    local matters, longest = now, SLOT[1]
    for w = 1, 3 do
      if sum[w] > 0 then
        matters = max(matters, all_left(w))
      elseif limits[w] > 0 and length[PENDING] > 0 then
        matters = max(matters, (floor(clock / SLOT[w]) + 61) * SLOT[w])
      end
      if limits[w] > 0 then
        longest = SLOT[w]
      end
    end
    if deficit > 0 then
      matters = max(matters, min(clock + ceil(deficit / rate), now + 120 * longest))
    end
    if matters > now then
      local salt = (micros + generation + sum[1]) % 256
      local head = pack(HEAD, LAYOUT, width, shape_then, salt, pending_shape, salt, length[1], length[2], length[3], length[4], sum[1],
        sum[2], sum[3], open[1], open[2], open[3], raw, offset, generation, settled, clock, deficit, base, base_deficit)
      redis.call('SET', key, head .. (tail or run[1] .. run[2] .. run[3] .. run[4]), 'PX', matters - now)
    elseif value then
      redis.call('DEL', key)
    end
  end

  return function(key, arguments, value_then)
    local operation
    operation, shape, limits[1], limits[2], limits[3], burst, rate = unpack('<BBI4I4I4I4d', arguments)
    value, answers = value_then, {}
    load()
    if operation == 1 then
      for at = 27, #arguments, 12 do
        decide(unpack('<I4I4I4', arguments, at))
      end
    elseif operation == 2 then
      give_back(unpack('<I4dd', arguments, 27))
    elseif operation == 3 then
      stepped_back = false
      answer(1, 0, 0, 0, now)
    else
      charge_late(unpack('<I4d', arguments, 27))
    end
    if dirty or stepped_back then
      store(key)
    end
    return table.concat(answers)
  end
end

-- Decides where all is granted at once to a key that nobody waits for; nil where that is not so.
local function grant_at_once(key, arguments, value)
  local _, shape, minute, hour, day, burst, rate, permits, _, requests = unpack('<BBI4I4I4I4dI4I4I4', arguments)
  local width, n1, n2, n3, held1, held2, held3, open1, open2, open3 = 2, 0, 0, 0, 0, 0, 0, 0, 0, 0
  local offset, generation, now, deficit, tail, gap1 = 0, micros, raw, 0, '', nil
  if value then
    local shape_then, pending, last_raw, settled, clock
    _, width, shape_then, _, _, _, n1, n2, n3, pending, held1, held2, held3, open1, open2, open3, last_raw, offset, generation,
      settled, clock, deficit = unpack(HEAD, value)
    if shape_then ~= shape or pending > 0 or raw < last_raw then
      return nil
    end
    now = raw + offset
    deficit = deficit - rate * (now - clock)
    if deficit < 0 then
      deficit = 0
    end
    gap1 = floor(now / 1000) - floor(settled / 1000)
    if gap1 > 0 then
      tail = sub(value, HEAD_BYTES + 1)
      if width < 3 and open1 + open2 + open3 > 65535 then
        return nil
      end
      local gap2 = floor(now / 60000) - floor(settled / 60000)
      local gap3 = floor(now / 1440000) - floor(settled / 1440000)
      local end1, end2 = n1 * width, (n1 + n2) * width
      local run1, rest = sub(tail, 1, end1), sub(tail, end1 + 1)
      if held1 > 0 then
        n1, run1, held1 = roll(gap1, width, n1, run1, held1, open1)
        open1 = 0
      end
      if gap2 > 0 then
        local run2, run3 = sub(tail, end1 + 1, end2), sub(tail, end2 + 1)
        if held2 > 0 then
          n2, run2, held2 = roll(gap2, width, n2, run2, held2, open2)
          open2 = 0
        end
        if gap3 > 0 and held3 > 0 then
          n3, run3, held3 = roll(gap3, width, n3, run3, held3, open3)
          open3 = 0
        end
        rest = run2 .. run3
      end
      tail = run1 .. rest
    end
  end

  -- A full window is left to `general`, which can tell when it has a permit again.
  local charged = permits * requests
  if charged + held1 >= minute and minute > 0 or charged + held2 >= hour and hour > 0 or charged + held3 >= day and day > 0 then
    return nil
  end
  local until_gone, charged_before = 0, day > 0 and open3 or hour > 0 and open2 or open1
  if burst > 0 then
    deficit = deficit + charged * UNIT
    if deficit > burst * UNIT then
      return nil
    end
    until_gone = math.ceil(deficit / rate)
  end
  if minute > 0 then
    held1, open1 = held1 + charged, open1 + charged
  end
  if hour > 0 then
    held2, open2 = held2 + charged, open2 + charged
  end
  if day > 0 then
    held3, open3 = held3 + charged, open3 + charged
  end
  local longest = held3 > 0 and 1440000 or held2 > 0 and 60000 or 1000
  local ttl = (floor(now / longest) + 61) * longest - now
  local refills_longer = until_gone > ttl
  if refills_longer then
    ttl = math.min(until_gone, 120 * longest)
  end
  local salt = (micros + generation + held1) % 256
  local head = pack(HEAD, LAYOUT, width, shape, salt, 0, salt, n1, n2, n3, 0, held1, held2, held3, open1, open2, open3, raw, offset,
    generation, now, now, deficit, 0, 0)
  if gap1 == 0 and charged_before > 0 and not refills_longer then
    -- No slot is over since the last charge, which set the same time to live.
    redis.call('SETRANGE', key, '0', head)
  else
    redis.call('SET', key, head .. (gap1 == 0 and sub(value, HEAD_BYTES + 1) or tail), 'PX', ttl)
  end
  return pack('<BI4ddI4I4I4d', 3, requests, generation, now, held1, held2, held3, deficit)
end

local general
local answers = {}
local once
for k = 1, #KEYS do
  local value = redis.pcall('GET', KEYS[k])
  if type(value) == 'table' then
    if not string.find(value.err, 'WRONGTYPE', 1, true) then
      return value
    end
    value = false
  end
  if value then
    -- Anything else is of another layout, and as good as no history.
    local layout, width, _, _, _, _, n1, n2, n3, n4 = string.byte(value, 1, 10)
    if #value < HEAD_BYTES or layout ~= LAYOUT or #value ~= HEAD_BYTES + width * (n1 + n2 + n3 + n4) then
      value = false
    end
  end
  local answer
  local operation = string.byte(ARGV[k])
  if operation == 1 and #ARGV[k] == 38 then
    answer = grant_at_once(KEYS[k], ARGV[k], value)
  end
  if not answer then
    if operation == 5 then
      if redis.call('GET', KEYS[k]) then
        return ''
      end
      answer, once = '', ARGV[k]
    else
      general = general or make_general()
      answer = general(KEYS[k], ARGV[k], value)
    end
  end
  answers[k] = answer
end
if once then
  -- Last: a call that fails halfway is to be executed again.
  local _, millis = unpack('<BI4', once)
  redis.call('SET', KEYS[1], '', 'PX', millis)
end
return table.concat(answers)
