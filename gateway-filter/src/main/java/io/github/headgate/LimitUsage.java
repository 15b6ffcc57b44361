package io.github.headgate;

import java.time.Duration;

/**
 * Where a key stands with one of its limits.
 *
 * @param kind which limit
 * @param limit the most permits in the window, or the burst capacity
 * @param remaining permits left, 0 to limit
 * @param resetMillis milliseconds until the window or the burst is full again; 0 when it is
 * @param nextPermitMillis milliseconds until there is a permit again; 0 when there is one
 */
public record LimitUsage(LimitKind kind, int limit, int remaining, long resetMillis, long nextPermitMillis) {

    public int used() {
        return limit - remaining;
    }

    public Duration reset() {
        return Duration.ofMillis(resetMillis);
    }

    public Duration nextPermit() {
        return Duration.ofMillis(nextPermitMillis);
    }

    /** The same usage as it reads some milliseconds later, if nothing else happens and no permit comes back. */
    public LimitUsage after(long millis) {
        return new LimitUsage(
                kind,
                limit,
                remaining,
                Math.max(0, resetMillis - millis),
                remaining > 0 ? 0 : Math.max(1, nextPermitMillis - millis));
    }
}
