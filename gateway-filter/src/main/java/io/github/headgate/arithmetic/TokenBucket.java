package io.github.headgate.arithmetic;

import io.github.headgate.LimitKind;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;

/**
 * The burst of a rule, counted as a deficit: what has been spent and is not refilled yet, in 1/{@value #UNIT} of a
 * permit.
 *
 * <p>In this unit the refill in one millisecond is a whole number for every rule, so nothing is ever rounded; and the
 * largest capacity times the unit stays below 2^53, so a Redis script counts as exactly in doubles.
 *
 * @param capacity the burst capacity in permits; 0 when the rule has none, and then every request fits
 * @param unitsPerMilli what is refilled in one millisecond, in 1/{@value #UNIT} of a permit
 */
public record TokenBucket(int capacity, long unitsPerMilli) {

    /** Parts that one permit is counted in. */
    public static final long UNIT = 86_400_000;

    public static TokenBucket of(Rule rule) {
        Integer burst = rule.burstCapacity();
        return new TokenBucket(burst == null ? 0 : burst, unitsPerMilli(rule));
    }

    private static long unitsPerMilli(Rule rule) {
        Integer perMinute = rule.requestsPerMinute();
        if (perMinute != null) {
            return perMinute * (UNIT / 60_000);
        }
        Integer perHour = rule.requestsPerHour();
        if (perHour != null) {
            return perHour * (UNIT / 3_600_000);
        }
        Integer perDay = rule.requestsPerDay();
        return perDay == null ? 0 : perDay * (UNIT / 86_400_000);
    }

    /** What is left of a deficit after so many milliseconds, 0 or more. */
    long decayed(long deficit, long millis) {
        // Rate times time may be more than a long holds; its upper half costs less than a division.
        long refilled = unitsPerMilli * millis;
        return refilled < 0 || refilled > deficit || Math.multiplyHigh(unitsPerMilli, millis) != 0
                ? 0
                : deficit - refilled;
    }

    /** A deficit with so many permits more. */
    long spent(long deficit, int permits) {
        return capacity == 0 ? deficit : deficit + permits * UNIT;
    }

    /** Milliseconds, rounded up, until so many permits can be spent; 0 when they can be now. */
    long millisUntilFits(long deficit, int permits) {
        if (capacity == 0) {
            return 0;
        }
        long over = deficit + (permits - capacity) * UNIT;
        return over <= 0 ? 0 : millisToRefill(over);
    }

    /** Milliseconds, rounded up, until a deficit is gone. */
    long millisToRefill(long deficit) {
        return (deficit + unitsPerMilli - 1) / unitsPerMilli;
    }

    /** Whether a deficit has room for all that {@link #owing} would add. */
    boolean canOwe(long deficit, int permits, long ageMillis) {
        return capacity == 0 || deficit + decayed(permits * UNIT, ageMillis) <= capacity * UNIT;
    }

    /** A deficit with what is left of permits taken some time ago; no debt beyond an empty bucket. */
    long owing(long deficit, int permits, long ageMillis) {
        if (capacity == 0) {
            return deficit;
        }
        return Math.max(deficit, Math.min(capacity * UNIT, deficit + decayed(permits * UNIT, ageMillis)));
    }

    /** Whole permits that can be spent at once. */
    int remaining(long deficit) {
        long left = capacity * UNIT - deficit;
        return left <= 0 ? 0 : (int) (left / UNIT);
    }

    /**
     * The burst's usage at a deficit.
     *
     * @param inMillis how far ahead of now the deficit holds, 0 when now
     */
    public LimitUsage usage(long deficit, long inMillis) {
        int remaining = remaining(deficit);
        return new LimitUsage(
                LimitKind.BURST,
                capacity,
                remaining,
                inMillis + millisToRefill(deficit),
                remaining > 0 ? 0 : inMillis + millisUntilFits(deficit, 1));
    }
}
