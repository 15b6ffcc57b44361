package io.github.headgate;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answer to one request for permits: granted, perhaps after a delay, or denied. */
public sealed interface Decision {

    /** The usage after this decision, one entry for each limit of the rule: windows shortest first, then the burst. */
    List<LimitUsage> usage();

    default boolean isGranted() {
        return this instanceof Granted;
    }

    /**
     * The permits are charged, and the request may go.
     *
     * @param delayMillis how long the permit was, or is to be, waited for: 0 to 60,000 milliseconds
     * @param charge what was charged, to give it back
     */
    record Granted(List<LimitUsage> usage, long delayMillis, Charge charge) implements Decision {

        public Duration delay() {
            return Duration.ofMillis(delayMillis);
        }

        /** The window with the least remaining; the shortest of those that are level. */
        public LimitUsage tightest() {
            LimitUsage tightest = usage.get(0);
            // By index, as wherever headers are written: an iterator would be an object more for each response.
            for (int i = 1; i < usage.size(); i++) {
                LimitUsage each = usage.get(i);
                if (each.kind() != LimitKind.BURST && each.remaining() < tightest.remaining()) {
                    tightest = each;
                }
            }
            return tightest;
        }
    }

    /**
     * Nothing was charged.
     *
     * @param hit the limit that stands longest in the way
     * @param permits how many permits were asked for
     * @param retryAfterMillis milliseconds after which this very request would be granted if nobody else came, with a
     *     max-wait: after which it would be accepted and held; at least 1; null when it can never fit, because it asks
     *     for more than a limit or the burst capacity
     * @param reason why
     */
    record Denied(
            List<LimitUsage> usage,
            LimitKind hit,
            int permits,
            @Nullable Long retryAfterMillis,
            Reason reason) implements Decision {

        /** The usage of the limit that was hit. */
        public LimitUsage violated() {
            for (LimitUsage each : usage) {
                if (each.kind() == hit) {
                    return each;
                }
            }
            throw new IllegalStateException("no usage of " + hit + " in " + usage);
        }

        public @Nullable Duration retryAfter() {
            return retryAfterMillis == null ? null : Duration.ofMillis(retryAfterMillis);
        }
    }

    /** Why a request was denied. */
    enum Reason {
        /** A limit is reached. */
        OVER_LIMIT,
        /** The request asks for more permits than a limit or the burst capacity holds. */
        NEVER_FITS,
        /** The store does not answer, and the gateway is configured to deny then. */
        STORE_UNAVAILABLE
    }
}
