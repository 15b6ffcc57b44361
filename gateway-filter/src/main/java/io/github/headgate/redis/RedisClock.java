package io.github.headgate.redis;

import java.util.concurrent.TimeUnit;

/**
 * What time it is in Redis, as far as its answers tell, so that a call can say until when it may be executed.
 *
 * <p>Never ahead: between its telling and our hearing only more time has passed there.
 */
final class RedisClock {

    /** Later than any time. */
    static final long NO_DEADLINE = Long.MAX_VALUE / 2;

    /** Redis time less this machine's monotonic time, in milliseconds; the largest value until Redis has told. */
    private volatile long ahead = Long.MAX_VALUE;

    /** Notes an answer that has just come. */
    void told(long redisMillis) {
        ahead = redisMillis - nowMillis();
    }

    /** The Redis time that many nanoseconds from now, in milliseconds; without end until Redis has told. */
    long deadline(long nanosFromNow) {
        long known = ahead;
        return known == Long.MAX_VALUE
                ? NO_DEADLINE
                : known + nowMillis() + TimeUnit.NANOSECONDS.toMillis(nanosFromNow);
    }

    private static long nowMillis() {
        return System.nanoTime() / 1_000_000;
    }
}
