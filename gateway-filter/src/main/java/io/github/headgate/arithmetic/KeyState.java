package io.github.headgate.arithmetic;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.Window;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The history of one key, as far as its limits need it, and the decisions that follow from it.
 *
 * <p>Reads no clock: the caller says what time it is, in milliseconds since any fixed instant that is the same for the
 * life of the state. Not thread-safe. The Redis script {@code limiter.lua} is the same arithmetic.
 */
public final class KeyState {
    /*
     * How it works, and why.
     *
     * The promise: in any interval of a window's length at most `limit` permits. The simplest way to keep it is a log of
     * timestamps; but a log of a day's limit is 100,000 entries a key. Counting in fixed minutes is small, but grants twice
     * the limit across a boundary. So time is cut into slots of 1/60 of the window, a count each, and a permit leaves the
     * window when its whole slot has: at the end of the slot that lies one window after its own. It comes back up to one
     * slot late, never early, and a state is 61 numbers a window whatever the limit.
     *
     * Example, 3 a minute: permits at 0.4 s, 0.9 s and 30.0 s fill the window. Slot 0 holds two of them, and both leave
     * together at 61.0 s; so a request at 31.0 s is told to come back in 30 s, and at 61.0 s it is granted, and so is one
     * more. The permit of slot 30 leaves at 91.0 s. No minute in all this held more than three.
     *
     * The burst is a token bucket beside the windows, kept as a deficit at the instant `clock`; see TokenBucket.
     *
     * A request that may wait is not queued: the earliest instant at which it fits, and that is not before the latest one
     * given away (`clock`), is computed and charged now. That makes the key first come, first served with nothing but
     * arithmetic. Two things follow. A reservation lies in the future, so it must not push anything out of a window that the
     * present has not left yet: reservations are kept apart, in seconds (`pending`), and become charges when their second has
     * passed. And a reservation may be given back: then the bucket is worked out again from the last instant that is certain
     * (`base`) by replaying the remaining reservations, each at the end of its second. Late means less refill after it, so
     * the replay never finds more in the bucket than there is, and is off by no more than one second's refill. `clock` goes
     * back to the last reservation left, so nobody waits behind a caller that has gone.
     *
     * A charge that was granted at once is given back only as far as the bucket has not refilled it since: had the bucket
     * been full, the refill in between was lost to it, and giving back all would create permits.
     *
     * The store's clock may step back. The state then carries on in a time of its own, the store's plus `offset`, which never
     * does: to the history it looks as if no time had passed. A step forward looks like idle time.
     *
     * Odd consequence: a perfectly steady caller gets 60/61 of its limit, because 61 slots are counted.
     */

    private static final Window[] WINDOWS = Window.values();
    private static final int PENDING_SECONDS = 62;
    private static final int MINUTE = 1;
    private static final int HOUR = 2;
    private static final int DAY = 4;
    private static final int BURST = 8;

    /** Shared by all states without reservations, and never added to. */
    private static final SlotRun NOTHING_PENDING = new SlotRun(1000, 0);

    private final SlotRun minute;
    private final SlotRun hour;
    private final SlotRun day;
    private SlotRun pending = NOTHING_PENDING;
    private long generation;
    /** The rule last charged under; its shape, which limits it has, holds for the whole generation. */
    private @Nullable Rule shape;

    private long lastSeen = Long.MIN_VALUE;
    private long offset;
    /** The latest instant given away. */
    private long clock = Long.MIN_VALUE;

    /** What the burst is short of at `clock`. */
    private long deficit;
    /** While there are reservations: the last instant at which the deficit is certain without them. */
    private long base;

    private long baseDeficit;

    /** While there are reservations: all limits that any of them was made under, a bit each. */
    private int pendingShape;

    /** What the store that this state stands by for knows beyond it; null until there was any such thing. */
    private @Nullable ReportedUsage reported;

    /** @param generation tells this state from every other one the key ever has */
    public KeyState(long generation) {
        this.generation = generation;
        minute = new SlotRun(Window.MINUTE.slotMillis(), Window.SLOTS + 1);
        hour = new SlotRun(Window.HOUR.slotMillis(), Window.SLOTS + 1);
        day = new SlotRun(Window.DAY.slotMillis(), Window.SLOTS + 1);
    }

    private KeyState(KeyState from) {
        generation = from.generation;
        minute = from.minute.reachingFurther();
        hour = from.hour.reachingFurther();
        day = from.day.reachingFurther();
        pending = from.pending.isEmpty() ? NOTHING_PENDING : from.pending.reachingFurther();
        shape = from.shape;
        lastSeen = from.lastSeen;
        offset = from.offset;
        clock = from.clock;
        deficit = from.deficit;
        base = from.base;
        baseDeficit = from.baseDeficit;
        pendingShape = from.pendingShape;
    }

    /**
     * Notes what the store that this state stands by for says of the key.
     *
     * @param usage where the key stands there, this state's own charges included
     * @param now the time of this state's store in milliseconds
     */
    public void report(Rule rule, List<LimitUsage> usage, long now) {
        long present = catchUp(shape == null ? rule : shape, now);
        if (reported == null && !exceeds(usage)) {
            return;
        }
        if (reported == null) {
            reported = new ReportedUsage();
        }
        reported.set(usage, this, present);
    }

    /**
     * Whether the store that this state stands by for leaves room in every window for permits charged here of which it
     * does not know. A burst refills by itself before long.
     *
     * @param usage where the key stands there
     * @param permits how many it does not know of, 0 or more; no more of them count than a window still holds here
     * @param now the time of this state's store in milliseconds
     */
    public boolean leavesRoom(List<LimitUsage> usage, int permits, Rule rule, long now) {
        catchUp(shape == null ? rule : shape, now);
        for (LimitUsage each : usage) {
            if (each.kind() != LimitKind.BURST
                    && each.remaining()
                            < Math.min(permits, held(WINDOWS[each.kind().ordinal()]))) {
                return false;
            }
        }
        return true;
    }

    private boolean exceeds(List<LimitUsage> usage) {
        for (Window window : WINDOWS) {
            if (KeyUsage.used(usage, window) > held(window)) {
                return true;
            }
        }
        return false;
    }

    /**
     * A state that goes on from here, and from what was last {@linkplain #report reported}. Later changes of the one do
     * not show in the other.
     *
     * @param rule the rule that it will decide under first
     * @param now the time of this state's store in milliseconds
     */
    public KeyState standIn(Rule rule, long now) {
        long present = catchUp(shape == null ? rule : shape, now);
        KeyState standIn = new KeyState(this);
        ReportedUsage known = reported;
        if (known != null) {
            if (standIn.shape == null) {
                standIn.shape = rule;
            }
            for (Window window : WINDOWS) {
                if (known.elsewhere(window) > 0) {
                    standIn.run(window).add(known.newest(window), known.elsewhere(window));
                    standIn.run(window).dropEndedBy(present - window.millis());
                }
            }
            long owed = known.deficit(TokenBucket.of(rule), Math.max(present, standIn.clock));
            standIn.deficit = Math.max(standIn.deficitAt(TokenBucket.of(rule), Math.max(present, standIn.clock)), owed);
            standIn.clock = Math.max(present, standIn.clock);
        }
        return standIn;
    }

    /**
     * Decides a request, and charges it if it is granted.
     *
     * @param now the store's time in milliseconds
     */
    public Decision decide(LimitRequest request, long now) {
        return decideInKeyTime(request, catchUp(request.rule(), now));
    }

    private Decision decideInKeyTime(LimitRequest request, long now) {
        Rule rule = request.rule();
        TokenBucket bucket = TokenBucket.of(rule);
        int permits = request.permits();
        // One permit fits every rule.
        LimitKind tooSmall = permits == 1 ? null : tooSmallFor(rule, permits);
        if (tooSmall != null) {
            return new Denied(usageAt(rule, now), tooSmall, permits, null, Decision.Reason.NEVER_FITS);
        }

        long start = Math.max(now, clock);
        long deficitAtStart = deficitAt(bucket, start);
        long minuteFits = fits(Window.MINUTE, rule.requestsPerMinute(), permits);
        long hourFits = fits(Window.HOUR, rule.requestsPerHour(), permits);
        long dayFits = fits(Window.DAY, rule.requestsPerDay(), permits);
        long burstFits = start + bucket.millisUntilFits(deficitAtStart, permits);
        long instant = Math.max(Math.max(minuteFits, hourFits), Math.max(dayFits, burstFits));

        long wait = instant - now;
        if (wait > request.maxWaitMillis()) {
            LimitKind hit = instant == start ? quickestToRefill(rule) : first(instant, minuteFits, hourFits, dayFits);
            return new Denied(
                    usage(rule, deficitAtStart, start, now, now),
                    hit,
                    permits,
                    wait - request.maxWaitMillis(),
                    Decision.Reason.OVER_LIMIT);
        }

        takeShape(rule);
        if (wait == 0) {
            charge(shape(rule), now, permits);
        } else {
            reserve(rule, now, instant, permits);
        }
        deficit = bucket.spent(bucket.decayed(deficitAtStart, instant - start), permits);
        clock = instant;
        return new Granted(
                usage(rule, deficit, instant, now, instant),
                wait,
                new SlotCharge(request.key(), rule, permits, generation, instant));
    }

    /** The instant at which a window has room for so many permits; long ago when it has now. */
    private long fits(Window window, @Nullable Integer limit, int permits) {
        if (limit == null) {
            return Long.MIN_VALUE;
        }
        long excess = held(window) + permits - limit;
        return excess <= 0 ? Long.MIN_VALUE : left(window, excess);
    }

    /** The limit that makes room at an instant; of those that are level, the first. */
    private static LimitKind first(long instant, long minuteFits, long hourFits, long dayFits) {
        if (instant == minuteFits) {
            return LimitKind.MINUTE;
        }
        if (instant == hourFits) {
            return LimitKind.HOUR;
        }
        return instant == dayFits ? LimitKind.DAY : LimitKind.BURST;
    }

    /** The limit that holds up the waiters ahead, when only they stand in the way. */
    private static LimitKind quickestToRefill(Rule rule) {
        return rule.burstCapacity() == null ? rule.shortestWindow().limitKind() : LimitKind.BURST;
    }

    /**
     * Takes back a charge of this very state. A charge of an earlier one, or of one whose rule had other limits, is
     * left alone, for its permits can no longer be told from others'.
     *
     * @param now the store's time in milliseconds
     */
    public void giveBack(SlotCharge charge, long now) {
        if (charge.generation() != generation || shape == null || !sameShape(shape, charge.rule())) {
            return;
        }
        catchUp(charge.rule(), now);
        TokenBucket bucket = TokenBucket.of(charge.rule());
        if (!pending.isEmpty() && charge.instantMillis() > base) {
            giveBackReservation(bucket, charge);
        } else {
            giveBackCharge(bucket, charge);
        }
    }

    private void giveBackReservation(TokenBucket bucket, SlotCharge charge) {
        pending.remove(charge.instantMillis(), charge.permits());
        if (pending.isEmpty()) {
            clock = base;
            deficit = baseDeficit;
            return;
        }
        long last = pending.end() - 1;
        if (last < clock) {
            clock = last;
            deficit = replayed(bucket);
        } else {
            deficit = Math.min(deficit, replayed(bucket));
        }
    }

    private void giveBackCharge(TokenBucket bucket, SlotCharge charge) {
        for (Window window : WINDOWS) {
            if (limit(charge.rule(), window) > 0) {
                run(window).remove(charge.instantMillis(), charge.permits());
            }
        }
        if (bucket.capacity() == 0) {
            return;
        }
        long spent = charge.permits() * TokenBucket.UNIT;
        if (pending.isEmpty()) {
            deficit = Math.max(0, deficit - bucket.decayed(spent, Math.max(0, clock - charge.instantMillis())));
        } else {
            baseDeficit = Math.max(0, baseDeficit - bucket.decayed(spent, Math.max(0, base - charge.instantMillis())));
            deficit = Math.min(deficit, replayed(bucket));
        }
    }

    /**
     * The deficit at `clock` that the remaining reservations leave, each taken at the end of its second: never too
     * small.
     */
    private long replayed(TokenBucket bucket) {
        long replayed = baseDeficit;
        long at = base;
        for (int i = 0; i < pending.length(); i++) {
            int permits = pending.count(i);
            if (permits > 0) {
                long end = Math.min(clock, pending.endOf(i) - 1);
                replayed = withReserved(bucket.decayed(replayed, end - at), permits);
                at = end;
            }
        }
        return bucket.decayed(replayed, clock - at);
    }

    /**
     * Charges permits that were granted elsewhere, whatever the limits say.
     *
     * @param now the store's time in milliseconds
     * @param delayMillis when they are spent, from now: negative when they have been already, at most 60,000
     * @return what was charged; of another state, so that nothing is given back, if the bucket was too empty for all
     */
    public SlotCharge charge(LimitRequest request, long now, long delayMillis) {
        Rule rule = request.rule();
        TokenBucket bucket = TokenBucket.of(rule);
        int permits = request.permits();
        long present = catchUp(rule, now);
        long instant = present + delayMillis;
        takeShape(rule);
        long start = Math.max(present, clock);
        boolean all = true;
        if (delayMillis > 0) {
            reserve(rule, present, instant, permits);
            start = Math.max(start, instant);
        } else {
            charge(shape(rule), instant, permits);
            if (!pending.isEmpty()) {
                long age = Math.max(0, base - instant);
                all = bucket.canOwe(baseDeficit, permits, age);
                baseDeficit = bucket.owing(baseDeficit, permits, age);
            }
        }
        long before = deficitAt(bucket, start);
        all &= bucket.canOwe(before, permits, start - instant);
        deficit = bucket.owing(before, permits, start - instant);
        clock = start;
        return new SlotCharge(request.key(), rule, permits, all ? generation : generation - 1, instant);
    }

    /**
     * All that was charged and still counts, so that it can be charged elsewhere: reservations, then windows shortest
     * first, each permit once, as if it was spent at the end of its slot.
     *
     * @param now the store's time in milliseconds
     */
    public List<Spent> history(long now) {
        Rule rule = shape;
        if (rule == null) {
            return List.of();
        }
        long present = catchUp(rule, now);
        List<Spent> history = new ArrayList<>();
        Rule left = rule;
        SlotRun shorter = NOTHING_PENDING;
        for (int i = 0; i < pending.length(); i++) {
            if (pending.count(i) > 0) {
                history.add(new Spent(rule, pending.count(i), present - Math.min(clock, pending.endOf(i) - 1)));
            }
        }
        for (Window window : rule.windows()) {
            SlotRun run = run(window);
            for (int i = 0; i < run.length(); i++) {
                long told = shorter.sumEndedBy(run.endOf(i)) - shorter.sumEndedBy(run.startOf(i));
                if (run.count(i) > told) {
                    long end = Math.min(present, run.endOf(i) - 1);
                    history.add(new Spent(left, (int) (run.count(i) - told), present - end));
                }
            }
            shorter = run;
            left = withoutShortestWindow(left);
        }
        return history;
    }

    private static Rule withoutShortestWindow(Rule rule) {
        Integer perHour = rule.requestsPerMinute() == null ? null : rule.requestsPerHour();
        return perHour == null && rule.requestsPerDay() == null
                ? rule
                : new Rule(null, perHour, rule.requestsPerDay(), null);
    }

    /**
     * Where the key stands. To the outside nothing changes.
     *
     * @param now the store's time in milliseconds
     */
    public List<LimitUsage> usage(Rule rule, long now) {
        // Under the rule that the reservations were made under: what they are charged to is not the reader's to say.
        long present = catchUp(shape == null ? rule : shape, now);
        return usageAt(rule, present);
    }

    /**
     * Whether nothing of this state matters any more: a new one would decide the same.
     *
     * @param now the store's time in milliseconds
     */
    public boolean isSpent(long now) {
        long present = shape == null ? now + offset : catchUp(shape, now);
        if (clock > present || !pending.isEmpty() || (reported != null && !reported.isSpent(present))) {
            return false;
        }
        for (Window window : WINDOWS) {
            SlotRun run = run(window);
            if (!run.isEmpty() && run.end() > present - window.millis()) {
                return false;
            }
        }
        return shape == null || deficitAt(TokenBucket.of(shape), present) == 0;
    }

    /** Moves to the present: reservations whose second has passed become charges, slots that have left are dropped. */
    private long catchUp(Rule rule, long now) {
        if (now < lastSeen) {
            offset += lastSeen - now;
        }
        lastSeen = now;
        long present = now + offset;
        if (!pending.isEmpty()) {
            settle(rule, present);
        }
        minute.dropEndedBy(present - Window.MINUTE.millis());
        hour.dropEndedBy(present - Window.HOUR.millis());
        day.dropEndedBy(present - Window.DAY.millis());
        return present;
    }

    private void settle(Rule rule, long present) {
        TokenBucket bucket = TokenBucket.of(rule);
        boolean all = clock <= present;
        while (!pending.isEmpty() && (all || pending.endOf(0) - 1 <= present)) {
            int permits = pending.count(0);
            long end = pending.endOf(0) - 1;
            charge(pendingShape, pending.start(), permits);
            baseDeficit = withReserved(bucket.decayed(baseDeficit, end - base), permits);
            base = end;
            pending.dropEndedBy(end + 1);
        }
    }

    /** A deficit with so many reserved permits more, if any reservation was made under a burst. */
    private long withReserved(long from, int permits) {
        return (pendingShape & BURST) == 0 ? from : from + permits * TokenBucket.UNIT;
    }

    private void reserve(Rule rule, long present, long instant, int permits) {
        if (pending.isEmpty()) {
            pending = new SlotRun(1000, PENDING_SECONDS);
            base = present;
            baseDeficit = deficitAt(TokenBucket.of(rule), present);
            pendingShape = 0;
        }
        pendingShape |= shape(rule);
        pending.add(instant, permits);
    }

    private void charge(int limits, long instant, int permits) {
        if ((limits & MINUTE) != 0) {
            minute.add(instant, permits);
        }
        if ((limits & HOUR) != 0) {
            hour.add(instant, permits);
        }
        if ((limits & DAY) != 0) {
            day.add(instant, permits);
        }
    }

    /** A rule with other limits begins a new generation: what was charged before can no longer be given back. */
    private void takeShape(Rule rule) {
        // Written only when it changes: a reference that is stored into an old object is work for the garbage
        // collector.
        if (rule.equals(shape)) {
            return;
        }
        if (shape != null && !sameShape(shape, rule)) {
            generation++;
        }
        shape = rule;
    }

    private static boolean sameShape(Rule one, Rule other) {
        return one.equals(other) || shape(one) == shape(other);
    }

    private static int shape(Rule rule) {
        return (rule.requestsPerMinute() == null ? 0 : MINUTE)
                | (rule.requestsPerHour() == null ? 0 : HOUR)
                | (rule.requestsPerDay() == null ? 0 : DAY)
                | (rule.burstCapacity() == null ? 0 : BURST);
    }

    private static @Nullable LimitKind tooSmallFor(Rule rule, int permits) {
        for (Window window : WINDOWS) {
            int limit = limit(rule, window);
            if (limit > 0 && permits > limit) {
                return window.limitKind();
            }
        }
        Integer burst = rule.burstCapacity();
        return burst != null && permits > burst ? LimitKind.BURST : null;
    }

    /** All permits that a window holds, the reserved ones too. */
    long held(Window window) {
        return run(window).sum() + pending.sum();
    }

    /** The instant at which so many of a window's permits, oldest first, have left it. */
    private long left(Window window, long permits) {
        SlotRun run = run(window);
        for (int i = 0; i < run.length(); i++) {
            permits -= run.count(i);
            if (permits <= 0) {
                return run.endOf(i) + window.millis();
            }
        }
        for (int i = 0; i < pending.length(); i++) {
            permits -= pending.count(i);
            if (permits <= 0) {
                return leaves(window, pending.startOf(i));
            }
        }
        throw new IllegalStateException("a window holds fewer permits than its sum");
    }

    /** The instant at which the last of a window's permits leaves it. */
    private long allLeft(Window window) {
        return pending.isEmpty() ? run(window).end() + window.millis() : leaves(window, clock);
    }

    /** The instant at which a permit that is spent at an instant leaves a window. */
    private static long leaves(Window window, long instant) {
        return (Math.floorDiv(instant, window.slotMillis()) + Window.SLOTS + 1) * window.slotMillis();
    }

    private List<LimitUsage> usageAt(Rule rule, long now) {
        long reading = Math.max(now, clock);
        return usage(rule, deficitAt(TokenBucket.of(rule), reading), reading, now, now);
    }

    /**
     * Where the key stands at an instant.
     *
     * @param deficitThen what the burst is short of at {@code reading}, which is not before the instant
     * @param now the present, which is not after it
     */
    private List<LimitUsage> usage(Rule rule, long deficitThen, long reading, long now, long instant) {
        KeyUsage usage = new KeyUsage(rule, deficitThen, (int) (reading - instant));
        set(usage, Window.MINUTE, rule.requestsPerMinute(), now, instant);
        set(usage, Window.HOUR, rule.requestsPerHour(), now, instant);
        set(usage, Window.DAY, rule.requestsPerDay(), now, instant);
        return usage;
    }

    private void set(KeyUsage usage, Window window, @Nullable Integer limit, long now, long instant) {
        if (limit == null) {
            return;
        }
        long held = held(window);
        if (held == 0) {
            usage.set(window, limit, 0, 0);
            return;
        }
        long used = held;
        if (instant > now) {
            used -= run(window).sumEndedBy(instant - window.millis());
        }
        usage.set(
                window,
                Math.max(0, limit - used),
                Math.max(0, allLeft(window) - instant),
                used < limit ? 0 : left(window, held + 1 - limit) - instant);
    }

    private long deficitAt(TokenBucket bucket, long instant) {
        return deficit == 0 ? 0 : bucket.decayed(deficit, instant - clock);
    }

    private SlotRun run(Window window) {
        return switch (window) {
            case MINUTE -> minute;
            case HOUR -> hour;
            case DAY -> day;
        };
    }

    private static int limit(Rule rule, Window window) {
        Integer limit = rule.limit(window);
        return limit == null ? 0 : limit;
    }
}
