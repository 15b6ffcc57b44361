--[[
The arithmetic of KeyState, for one key or several, atomically and in one call.

KEYS     one or more keys, all of one slot in a cluster
ARGV[1]  little-endian: the Redis time in ms after which the call must change nothing, because nobody waits for it any more, d;
         then what is asked, of all keys in their order: operation B, of how many keys in a row B, which limits there are B (1
         minute, 2 hour, 4 day, 8 burst), limits per minute, hour and day I4 each (0: none), burst capacity I4 (0: none), what is
         refilled in one millisecond in 1/UNIT of a permit d, then
           operation 1, decide:    how many runs of like requests B; of each: permits I4, longest wait in ms I4, how many I4
           operation 2, give back: permits I4, generation d, instant d
           operation 3, read:      nothing; changes nothing
           operation 4, charge:    permits I4, age in ms d, negative: reserved for later; whatever the limits say
         or, only at the beginning, operation 5, once: B, how many keys B: 1, for how long in ms I4; then KEYS[1] names this call,
         which does nothing if it was executed before but answer the same, and remembers for so long what it answered
ARGV[2]  the time in microseconds; only tests send it

Answers, for decide and read, key after key, as many as it takes; each tells so many like requests, in their order:
  outcome B, how many requests I4, generation d, then for
    3 granted at once, no window full: the head from there on as it is after the last of them
    0 granted, 1 denied, 2 never fits: instant d, the limit hit B (1 to 4), delay or retry-after in ms d; for each window the
      permits it holds I4, ms until a permit d, ms until full d; ms until the instant of the burst's deficit d, that deficit d

Answers, for charge: generation d, which fits none if the bucket was too empty to be charged all, instant d.

A call that comes after its deadline answers 4 B and the Redis time in ms d, and nothing else.

The value: a head, which is all that most grants need; what was before reservations; then a ring of 60 slots that are over for
each window that has some, in the order in which they were first needed; then the reserved permits of each second after `base`.
The count of a slot stands in its ring at the slot's number modulo 60, so that the end of a slot changes but that count, however
long the history is; the counts of the slot of `settled`, which is not over, are in the head (`open`). Instants are in key time:
Redis time plus `offset`, which never steps back.

A denial writes nothing, unless the clock has stepped back: that must be remembered, or the key would not age until the clock
has caught up.

Most calls grant at once to keys that nobody waits for. They are decided straight on, without a function or a table, for Redis
makes those anew in each call, which costs more than the decision, and from the head alone unless a slot is over; all others by
`general`, which could decide these too, and turns each ring into a run that begins with the oldest slot that is not empty. No
function refers to what is around it, for each such variable costs every call.
]]
-- Layout, shape, reserved seconds, bytes of a count, place of the ring of minute, hour and day (0: none), offset; then what every
-- grant writes: generation, the permits that each window holds, those of its slot that is not over, Redis time of the last change,
-- `settled`, clock, deficit, salt. Head and value each end with a byte of salt: of a long string Lua hashes only some bytes, the
-- last one always, and the others are so alike that all values would be in one chain of its table.
local HEAD, HEAD_BYTES, HEAD_END = '<I2BBBBBBddI4I4I4I4I4I4ddddB', 81, '80'
local CHANGING, CHANGING_FROM = '<dI4I4I4I4I4I4ddddB', '16'
-- Shape of the reservations, base, deficit at base.
local RESERVED, RINGS_FROM = '<Bdd', 99
-- The same where nothing is reserved.
local NOTHING_RESERVED = string.rep('\0', 17)
local LAYOUT = 0x4804
-- The bucket counts in 1/UNIT of a permit, so that every refill in a whole millisecond is a whole number.
local UNIT = 86400000

-- How many permits leave a window when its open slot is over, and those of a gap after it; nil where only `general` can tell.
local function leaving(call, key, rings_from, width, place, slot, gap, held, open)
  if gap > 60 then
    return held
  elseif open >= 256 ^ width then
    return nil
  elseif held == open then
    -- A ring of its own is made for the slot, behind a value that is whole.
    return (place > 0 or (call('STRLEN', key) - rings_from) % (60 * width) == 0) and 0 or nil
  elseif place == 0 then
    return nil
  end
  local from, first, permits = rings_from - 1 + (place - 1) * 60 * width, slot % 60, 0
  local counts = call('GETRANGE', key, from + first * width, from + math.min(first + gap, 60) * width - 1)
  if first + gap > 60 then
    counts = counts .. call('GETRANGE', key, from, from + (first + gap - 60) * width - 1)
  end
  if #counts ~= gap * width then
    return nil
  end
  local format = width == 2 and '<I2' or width == 3 and '<I3' or '<I4'
  for at = 1, #counts, width do
    permits = permits + struct.unpack(format, counts, at)
  end
  return permits
end

-- Writes into the window's ring that its open slot is over, and those of a gap after it.
local function close(call, key, rings_from, window, width, place, slot, gap, held, open)
  local rep, first, ring = string.rep, slot % 60, rings_from - 1 + (place - 1) * 60 * width
  local count = struct.pack(width == 2 and '<I2' or width == 3 and '<I3' or '<I4', open)
  if gap > 60 then
    if held > open then
      call('SETRANGE', key, ring, rep('\0', 60 * width))
    end
  elseif place > 0 then
    call('SETRANGE', key, ring + first * width, count .. rep('\0', (math.min(gap, 60 - first) - 1) * width))
    if first + gap > 60 then
      call('SETRANGE', key, ring, rep('\0', (first + gap - 60) * width))
    end
  elseif open > 0 then
    local value, slots = call('GET', key), rep('\0', first * width) .. count .. rep('\0', (59 - first) * width)
    local places = string.char((#value - rings_from) / (60 * width) + 1)
    -- Not by SETRANGE, which would set as many bytes again aside for more.
    call('SET', key, string.sub(value, 1, 4 + window) .. places .. string.sub(value, 6 + window, -2) .. slots
      .. string.sub(value, -1), 'KEEPTTL')
  end
end

-- Everything, for the key at hand.
local function make_general(micros, raw, head_format, head_bytes, reserved_format, rings_from, layout, unit)
  local SLOT, PENDING = {1000, 60000, 1440000}, 4
  local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min
  local sub, rep, find, pack, unpack = string.sub, string.rep, string.find, struct.pack, struct.unpack

  local limits, place, length, sum, open, run, answers = {}, {}, {}, {}, {}, {}, {}
  local shape, burst, rate
  local value, tail, width, shape_then, pending_shape, generation, offset, settled, clock, deficit, base, base_deficit
  local now, stepped_back, dirty

  local function format()
    return width == 2 and '<I2' or width == 3 and '<I3' or '<I4'
  end

  -- The value of a key; nil if there is none, or if it is anything else, which is as good as no history.
  local function get(key)
    local found = redis.pcall('GET', key)
    if type(found) == 'table' then
      if string.find(found.err, 'WRONGTYPE', 1, true) then
        return nil
      end
      -- Fails once more, and with it the call.
      found = redis.call('GET', key)
    end
    if found and #found >= rings_from then
      local number, _, seconds, bytes, place1, place2, place3 = unpack('<I2BBBBBB', found)
      if number == layout and #found == rings_from + bytes * (60 * max(place1, place2, place3) + seconds) then
        return found
      end
    end
    return nil
  end

  -- Sixty slots, from the one that comes first in a ring; or the other way round.
  local function rotated(slots, first)
    return sub(slots, first * width + 1) .. sub(slots, 1, first * width)
  end

  -- Cuts the runs out of the value; most decisions do not need them.
  local function split()
    if tail then
      local ring = 60 * width
      for w = 1, 3 do
        if place[w] > 0 then
          local slots = rotated(sub(tail, (place[w] - 1) * ring + 1, place[w] * ring), floor(settled / SLOT[w]) % 60)
          local used = find(slots, '[^%z]')
          run[w] = used and sub(slots, used - (used - 1) % width) or ''
        else
          run[w] = ''
        end
        length[w] = #run[w] / width
      end
      run[PENDING] = sub(tail, max(place[1], place[2], place[3]) * ring + 1)
      tail = nil
    end
  end

  -- The rings of the windows that hold anything in slots that are over, and the reservations after them.
  local function joined()
    local slots, n = '', 0
    for w = 1, 3 do
      place[w] = 0
      if sum[w] > open[w] then
        n = n + 1
        place[w] = n
        slots = slots .. rotated(rep('\0', (60 - length[w]) * width) .. run[w], (60 - floor(settled / SLOT[w]) % 60) % 60)
      end
    end
    return slots .. run[PENDING]
  end

  local function count(i, index)
    return (unpack(format(), run[i], index * width + 1))
  end

  local function put(i, index, permits)
    local r, at = run[i], index * width
    run[i] = sub(r, 1, at) .. pack(format(), permits) .. sub(r, at + width + 1)
  end

  -- Makes room for counts up to `largest` in every run.
  local function widen(largest)
    while largest >= 256 ^ width do
      for i = 1, 4 do
        local wider = {}
        for index = 0, length[i] - 1 do
          wider[index + 1] = pack(width == 2 and '<I3' or '<I4', count(i, index))
        end
        run[i] = table.concat(wider)
      end
      width = width + 1
    end
  end

  -- A slot is over: it joins its run, empty ones follow, and those that have left the window drop out of it.
  local function roll(gap, length, run, held, open)
    if gap > 60 then
      return 0, '', 0
    end
    run, length = run .. pack(format(), open), length + gap
    if gap > 1 then
      run = run .. rep('\0', (gap - 1) * width)
    end
    if length <= 60 then
      return length, run, held
    end
    local drop = 0
    while drop < length do
      local permits = unpack(format(), run, drop * width + 1)
      if permits > 0 and drop >= length - 60 then
        break
      end
      held = held - permits
      drop = drop + 1
    end
    return length - drop, sub(run, drop * width + 1), held
  end

  -- Moves `settled` to a later instant.
  local function roll_all(instant)
    if floor(instant / 1000) > floor(settled / 1000) then
      split()
      for w = 1, 3 do
        local gap = floor(instant / SLOT[w]) - floor(settled / SLOT[w])
        if gap > 0 and sum[w] > 0 then
          widen(open[w])
          length[w], run[w], sum[w] = roll(gap, length[w], run[w], sum[w], open[w])
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
    return burst > 0 and from + permits * unit or from
  end

  -- A deficit with so many reserved permits more, if any reservation was made under a burst.
  local function with_reserved(from, permits)
    return bit.band(pending_shape, 8) > 0 and from + permits * unit or from
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
      _, shape_then, length[PENDING], width, place[1], place[2], place[3], offset, generation, sum[1], sum[2], sum[3], open[1],
        open[2], open[3], last_raw, settled, clock, deficit = unpack(head_format, value)
      pending_shape, base, base_deficit = unpack(reserved_format, value, head_bytes + 1)
      tail = sub(value, rings_from, -2)
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
        length[i], sum[i], open[i], place[i] = 0, 0, 0, 0
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
      requests = min(requests, floor((burst * unit - deficit_now) / (permits * unit)))
    end
    return requests
  end

  -- Adds permits to those that are reserved in the second of an instant to come.
  local function add_reserved(permits, instant)
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
      local over = deficit_then + (permits - burst) * unit
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
    add_reserved(permits, instant)
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
        base_deficit = max(0, base_deficit - decayed(permits * unit, max(0, base - instant)))
        deficit = min(deficit, replayed())
      else
        deficit = max(0, deficit - decayed(permits * unit, max(0, clock - instant)))
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

  -- A deficit with what is left of permits taken some time ago, and whether that is all: there is no debt beyond an empty bucket.
  local function owing(from, permits, age)
    if burst == 0 then
      return from, true
    end
    local owed = from + decayed(permits * unit, age)
    return max(from, min(burst * unit, owed)), owed <= burst * unit
  end

  -- Charges permits that were granted elsewhere some time ago to the slots that they were spent in; whether all could be.
  local function add_late(permits, instant)
    split()
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
    local all = true
    if length[PENDING] > 0 then
      base_deficit, all = owing(base_deficit, permits, max(0, base - instant))
    end
    return all
  end

  -- Charges permits that were granted elsewhere some time ago, or that wait there for an instant to come.
  local function charge_elsewhere(permits, age)
    local instant, start, all, all_then = now - age, max(now, clock), nil, true
    if age < 0 then
      add_reserved(permits, instant)
      start = max(start, instant)
    else
      all_then = add_late(permits, instant)
    end
    deficit, all = owing(decayed(deficit, start - clock), permits, start - instant)
    clock = start
    dirty = true
    answers[1] = pack('<dd', all and all_then and generation or generation - 1, instant)
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
      local slots = tail or joined()
      local head = pack(head_format, layout, shape_then, length[PENDING], width, place[1], place[2], place[3], offset, generation,
        sum[1], sum[2], sum[3], open[1], open[2], open[3], raw, settled, clock, deficit, salt)
      local reserved = pack(reserved_format, pending_shape, base, base_deficit)
      redis.call('SET', key, head .. reserved .. slots .. string.char(salt), 'PX', matters - now)
    elseif value then
      redis.call('DEL', key)
    end
  end

  -- Does what a question asks of a key, and returns the answer; `at` is where among all the questions it begins.
  return function(key, question, at)
    local operation, _
    operation, _, shape, limits[1], limits[2], limits[3], burst, rate = unpack('<BBBI4I4I4I4d', question, at)
    value, answers = get(key), {}
    load()
    at = at + 27
    if operation == 1 then
      for i = 1, string.byte(question, at) do
        decide(unpack('<I4I4I4', question, at + 12 * i - 11))
      end
    elseif operation == 2 then
      give_back(unpack('<I4dd', question, at))
    elseif operation == 3 then
      stepped_back = false
      answer(1, 0, 0, 0, now)
    else
      charge_elsewhere(unpack('<I4d', question, at))
    end
    if dirty or stepped_back then
      store(key)
    end
    return table.concat(answers)
  end
end

local call, pcall, pack, unpack, byte, char = redis.call, redis.pcall, struct.pack, struct.unpack, string.byte, string.char
local questions, micros = ARGV[1], ARGV[2]
if micros then
  micros = tonumber(micros)
else
  local time = call('TIME')
  micros = time[1] * 1000000 + time[2]
end
local raw = (micros - micros % 1000) / 1000
if raw > unpack('<d', questions) then
  return pack('<Bd', 4, raw)
end

local answers, general, once_millis = {}, nil, nil
local at, next_at, asked, _ = 9, 9, 0, nil
local operation, shape, minute, hour, day, burst, rate, runs, permits, requests, charged, granted
for k = 1, #KEYS do
  local key, answer = KEYS[k], nil
  if asked == 0 then
    at = next_at
    operation, asked = byte(questions, at, at + 1)
    if operation == 1 then
      shape, minute, hour, day, burst, rate, runs, permits, _, requests = unpack('<BI4I4I4I4dBI4I4I4', questions, at + 2)
      next_at, charged, granted = at + 28 + 12 * runs, permits * requests, pack('<BI4', 3, requests)
    else
      next_at = at + (operation == 2 and 47 or operation == 3 and 27 or operation == 4 and 39 or 6)
    end
  end
  asked = asked - 1

  if operation == 1 and runs == 1 then
    -- As long as all may be granted at once to a key that nobody waits for.
    local plain, fresh, over, width, place1, place2, place3 = true, true, false, 2, 0, 0, 0
    local now, offset, generation, held1, held2, held3, open1, open2, open3, deficit = raw, 0, micros, 0, 0, 0, 0, 0, 0, 0
    local slot1, slot2, slot3, gap1, gap2, gap3, before1, before2, before3
    local head = pcall('GETRANGE', key, '0', HEAD_END)
    if #head == HEAD_BYTES then
      local layout, shape_then, pending, last_raw, settled, clock
      layout, shape_then, pending, width, place1, place2, place3, offset, generation, held1, held2, held3, open1, open2, open3,
        last_raw, settled, clock, deficit = unpack(HEAD, head)
      fresh = false
      plain = layout == LAYOUT and shape_then == shape and pending == 0 and raw >= last_raw
      if plain then
        now = raw + offset
        deficit = deficit - rate * (now - clock)
        if deficit < 0 then
          deficit = 0
        end
        over = now - now % 1000 > settled
      end
      if plain and over then
        slot1 = (settled - settled % 1000) / 1000
        slot2 = (settled - settled % 60000) / 60000
        slot3 = (settled - settled % 1440000) / 1440000
        gap1 = (now - now % 1000) / 1000 - slot1
        gap2 = (now - now % 60000) / 60000 - slot2
        gap3 = (now - now % 1440000) / 1440000 - slot3
        local gone1 = leaving(call, key, RINGS_FROM, width, place1, slot1, gap1, held1, open1)
        local gone2 = gap2 == 0 and 0 or leaving(call, key, RINGS_FROM, width, place2, slot2, gap2, held2, open2)
        local gone3 = gap3 == 0 and 0 or leaving(call, key, RINGS_FROM, width, place3, slot3, gap3, held3, open3)
        plain = gone1 and gone2 and gone3
        if plain then
          before1, before2, before3 = held1, held2, held3
          held1, held2, held3 = held1 - gone1, held2 - gone2, held3 - gone3
        end
      end
    else
      plain = #head == 0 and type(head) == 'string'
    end

    -- A full window is left to `general`, which can tell when it has a permit again.
    plain = plain
      and (minute == 0 or charged + held1 < minute)
      and (hour == 0 or charged + held2 < hour)
      and (day == 0 or charged + held3 < day)
    if burst > 0 then
      deficit = deficit + charged * UNIT
      plain = plain and deficit <= burst * UNIT
    end
    if plain then
      if over then
        close(call, key, RINGS_FROM, 1, width, place1, slot1, gap1, before1, open1)
        open1 = 0
        if gap2 > 0 then
          close(call, key, RINGS_FROM, 2, width, place2, slot2, gap2, before2, open2)
          open2 = 0
        end
        if gap3 > 0 then
          close(call, key, RINGS_FROM, 3, width, place3, slot3, gap3, before3, open3)
          open3 = 0
        end
      end
      local charged_before = day > 0 and open3 or hour > 0 and open2 or open1
      local longest = 1000
      if minute > 0 then
        held1, open1 = held1 + charged, open1 + charged
      end
      if hour > 0 then
        held2, open2, longest = held2 + charged, open2 + charged, 60000
      end
      if day > 0 then
        held3, open3, longest = held3 + charged, open3 + charged, 1440000
      end
      local ttl = 61 * longest - now % longest
      local refills_longer = deficit > ttl * rate
      if refills_longer then
        ttl = math.min(math.ceil(deficit / rate), 120 * longest)
      end
      local salt = (micros + generation + held1) % 256
      local changed = pack(CHANGING, generation, held1, held2, held3, open1, open2, open3, raw, now, now, deficit, salt)
      if fresh then
        local unchanging = pack('<I2BBBBBBd', LAYOUT, shape, 0, width, 0, 0, 0, offset)
        call('SET', key, unchanging .. changed .. NOTHING_RESERVED .. char(salt), 'PX', ttl)
      else
        call('SETRANGE', key, CHANGING_FROM, changed)
        -- The charge before it, if there was one in the same slot of the longest window, has set the same time to live.
        if charged_before == 0 or refills_longer then
          call('PEXPIRE', key, ttl)
        end
      end
      answer = granted .. changed
    end
  elseif operation == 5 then
    local answered = call('GET', key)
    if answered then
      return answered
    end
    once_millis, answer = unpack('<I4', questions, at + 2), ''
  end
  if not answer then
    general = general or make_general(micros, raw, HEAD, HEAD_BYTES, RESERVED, RINGS_FROM, LAYOUT, UNIT)
    answer = general(key, questions, at)
  end
  if #KEYS == 1 then
    return answer
  end
  answers[k] = answer
end
answers = table.concat(answers)
if once_millis then
  -- Last: a call that fails halfway is to be executed again.
  call('SET', KEYS[1], answers, 'PX', once_millis)
end
return answers
