package io.github.headgate;

import java.time.Duration;

/**
 * One request for permits, as a store sees it.
 *
 * @param key who asks
 * @param rule the limits that apply
 * @param permits how many, at least 1
 * @param maxWaitMillis how long the request may be delayed, 0 to {@value #LONGEST_WAIT_MILLIS} milliseconds
 */
public record LimitRequest(Key key, Rule rule, int permits, long maxWaitMillis) {

    /** The longest wait that a key's state has room for. */
    public static final long LONGEST_WAIT_MILLIS = 60_000;

    private static final Duration LONGEST_WAIT = Duration.ofMillis(LONGEST_WAIT_MILLIS);

    /** @throws IllegalArgumentException if a number is out of its range */
    public LimitRequest {
        if (permits < 1) {
            throw new IllegalArgumentException("permits must be at least 1, not " + permits);
        }
        if (maxWaitMillis < 0 || maxWaitMillis > LONGEST_WAIT_MILLIS) {
            throw outOfRange(maxWaitMillis);
        }
    }

    /**
     * A request that may be delayed for a time of any precision; what is beyond whole milliseconds is dropped.
     *
     * @param maxWait 0 s to 60 s
     * @throws IllegalArgumentException if a number is out of its range
     */
    public static LimitRequest of(Key key, Rule rule, int permits, Duration maxWait) {
        if (maxWait.isNegative() || maxWait.compareTo(LONGEST_WAIT) > 0) {
            throw outOfRange(maxWait);
        }
        return new LimitRequest(key, rule, permits, maxWait.toMillis());
    }

    private static IllegalArgumentException outOfRange(Object maxWait) {
        return new IllegalArgumentException("max-wait must be 0 to 60000 ms, not " + maxWait);
    }

    /** The same request, not willing to wait. */
    public LimitRequest withoutWait() {
        return maxWaitMillis == 0 ? this : new LimitRequest(key, rule, permits, 0);
    }

    /** The same request under another rule. */
    public LimitRequest under(Rule other) {
        return new LimitRequest(key, other, permits, maxWaitMillis);
    }

    /** The same request for another key. */
    public LimitRequest by(Key other) {
        return new LimitRequest(other, rule, permits, maxWaitMillis);
    }
}
