package io.github.headgate.redis;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.Window;
import io.github.headgate.arithmetic.KeyUsage;
import io.github.headgate.arithmetic.SlotCharge;
import io.github.headgate.arithmetic.Spent;
import io.github.headgate.arithmetic.TokenBucket;
import java.util.ArrayList;
import java.util.List;

/** Reads what {@code limiter.lua} answers, one question after the other; the script's head says what its bytes are. */
final class Answers {

    private static final int GRANTED = 0;
    private static final int DENIED = 1;
    private static final int NEVER_FITS = 2;
    private static final int GRANTED_AT_ONCE = 3;
    private static final int TOO_LATE = 4;
    private static final int TOO_LATE_BYTES = 9;
    private static final int AT_ONCE_BYTES = 70;
    private static final int AT_ONCE_INSTANT = 45;
    private static final int FULL_BYTES = 106;
    private static final int CHARGE_BYTES = 16;
    /** A double counts exactly up to here. */
    private static final double LARGEST = 1L << 53;

    private static final LimitKind[] KINDS = LimitKind.values();
    private static final Window[] WINDOWS = Window.values();

    private final byte[] reply;
    private int at;

    Answers(byte[] reply) {
        this.reply = reply;
    }

    /** Whether the whole call came after its deadline, and nothing was done. */
    static boolean isTooLate(byte[] reply) {
        return reply.length == TOO_LATE_BYTES && reply[0] == TOO_LATE;
    }

    /** What time it was in Redis, as an answer that came too late tells. */
    static long redisMillis(byte[] tooLate) {
        return (long) (double) LimiterScript.DOUBLE.get(tooLate, 1);
    }

    /**
     * Reads the answer to one question.
     *
     * @param checks what was asked, in order; all of one key and rule
     * @param decisions where their decisions go, in order
     * @param first the place of the first one there
     * @throws IllegalArgumentException if the reply is too short or malformed
     */
    void decisions(List<Check> checks, Decision[] decisions, int first) {
        int next = 0;
        while (next < checks.size()) {
            int outcome = need(1)[at];
            int bytes = outcome == GRANTED_AT_ONCE ? AT_ONCE_BYTES : FULL_BYTES;
            int count = (int) LimiterScript.INT.get(need(bytes), at + 1);
            if (count < 1 || count > checks.size() - next) {
                throw new IllegalArgumentException("the limiter script answered " + count + " requests");
            }
            for (int i = 1; i <= count; i++) {
                LimitRequest request = checks.get(next).request();
                decisions[first + next] = decision(outcome, request, (count - i) * (long) request.permits());
                next++;
            }
            at += bytes;
        }
    }

    /** Reads a reading. */
    List<LimitUsage> usage(Rule rule) {
        need(FULL_BYTES);
        return usage(rule, 0);
    }

    /** Reads what was charged of what was told, in order. */
    List<SlotCharge> charges(Key key, List<Spent> told) {
        need(told.size() * CHARGE_BYTES);
        List<SlotCharge> charges = new ArrayList<>(told.size());
        for (Spent each : told) {
            charges.add(new SlotCharge(key, each.rule(), each.permits(), number(at), number(at + 8)));
            at += CHARGE_BYTES;
        }
        return charges;
    }

    /** @param after permits that were granted, in the same answer, after this one's */
    private Decision decision(int outcome, LimitRequest request, long after) {
        Rule rule = request.rule();
        int permits = request.permits();
        return switch (outcome) {
            case GRANTED_AT_ONCE ->
                new Granted(usageAtOnce(rule, after), 0, charge(request, number(at + AT_ONCE_INSTANT)));
            case GRANTED ->
                new Granted(usage(rule, after), millis(0, request.maxWaitMillis()), charge(request, number(at + 13)));
            case DENIED ->
                new Denied(usage(rule, 0), hit(rule), permits, millis(1, Long.MAX_VALUE), Decision.Reason.OVER_LIMIT);
            case NEVER_FITS -> new Denied(usage(rule, 0), hit(rule), permits, null, Decision.Reason.NEVER_FITS);
            default -> throw new IllegalArgumentException("the limiter script answered an unknown outcome " + outcome);
        };
    }

    private SlotCharge charge(LimitRequest request, long instant) {
        return new SlotCharge(request.key(), request.rule(), request.permits(), number(at + 5), instant);
    }

    private LimitKind hit(Rule rule) {
        int number = reply[at + 21];
        if (number < 1 || number > KINDS.length || !isIn(rule, KINDS[number - 1])) {
            throw new IllegalArgumentException("the limiter script answered an unknown limit " + number);
        }
        return KINDS[number - 1];
    }

    private static boolean isIn(Rule rule, LimitKind kind) {
        return kind == LimitKind.BURST ? rule.burstCapacity() != null : rule.limit(WINDOWS[kind.ordinal()]) != null;
    }

    /** The delay or the retry-after: nobody must be told to wait longer than he asked for, or for ever. */
    private long millis(long least, long most) {
        long millis = number(at + 22);
        if (millis < least || millis > most) {
            throw new IllegalArgumentException("the limiter script answered a wait of " + millis + " ms");
        }
        return millis;
    }

    private List<LimitUsage> usageAtOnce(Rule rule, long after) {
        long instant = number(at + AT_ONCE_INSTANT);
        int from = at + 13;
        KeyUsage usage = new KeyUsage(rule, deficit(at + 61, after), 0);
        for (Window window : WINDOWS) {
            Integer limit = rule.limit(window);
            if (limit != null) {
                long slotMillis = window.slotMillis();
                long empty = (instant / slotMillis + Window.SLOTS + 1) * slotMillis;
                usage.set(window, remaining(limit, held(from) - after), empty - instant, 0);
            }
            from += 4;
        }
        return usage;
    }

    private List<LimitUsage> usage(Rule rule, long after) {
        int from = at + 30;
        KeyUsage usage = new KeyUsage(rule, deficit(from + 68, after), (int) time(from + 60));
        for (Window window : WINDOWS) {
            Integer limit = rule.limit(window);
            if (limit != null) {
                int remaining = remaining(limit, held(from) - after);
                usage.set(window, remaining, time(from + 12), remaining > 0 ? 0 : time(from + 4));
            }
            from += 20;
        }
        return usage;
    }

    private long deficit(int from, long after) {
        return Math.max(0, number(from) - after * TokenBucket.UNIT);
    }

    private static int remaining(int limit, long held) {
        return (int) Math.max(0, Math.min(limit, limit - held));
    }

    private long held(int from) {
        return Integer.toUnsignedLong((int) LimiterScript.INT.get(reply, from));
    }

    private long number(int from) {
        double number = (double) LimiterScript.DOUBLE.get(reply, from);
        if (!(number >= 0 && number <= LARGEST)) {
            throw new IllegalArgumentException("the limiter script answered the number " + number);
        }
        return (long) number;
    }

    private long time(int from) {
        long millis = number(from);
        if (millis > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("the limiter script answered a window of " + millis + " ms");
        }
        return millis;
    }

    private byte[] need(int bytes) {
        if (reply.length < at + bytes) {
            throw new IllegalArgumentException(
                    "the limiter script answered " + reply.length + " bytes, not " + (at + bytes));
        }
        return reply;
    }
}
