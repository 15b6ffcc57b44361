package io.github.headgate.filter;

import io.github.headgate.LimitRequest;
import io.github.headgate.caller.MissingUser;
import io.github.headgate.caller.UserSource;
import java.time.Duration;
import java.util.List;

/**
 * What holds for every filter that does not say otherwise.
 *
 * @param user where the user comes from, tried in order; may be empty
 * @param tier where the tier comes from, tried in order; verified sources only; may be empty
 * @param maxWait the longest wait in {@link Mode#WAIT}, 0 s to 60 s
 * @param headers whether granted responses carry limit headers
 * @param noRetryAbove denials with a longer retry-after advise against an automatic retry; at least 0 s
 */
public record FilterDefaults(
        List<UserSource> user,
        List<UserSource> tier,
        MissingUser missingUser,
        Mode mode,
        Duration maxWait,
        boolean headers,
        Duration noRetryAbove) {

    private static final Duration LONGEST_WAIT = Duration.ofMillis(LimitRequest.LONGEST_WAIT_MILLIS);

    /** @throws IllegalArgumentException if a duration is out of its range, or a tier source is not a verified one */
    public FilterDefaults {
        user = List.copyOf(user);
        tier = List.copyOf(tier);
        if (!isPossibleWait(maxWait)) {
            throw new IllegalArgumentException("max-wait must be 0s to 60s, not " + maxWait);
        }
        if (noRetryAbove.isNegative()) {
            throw new IllegalArgumentException("no-retry-above must be at least 0s, not " + noRetryAbove);
        }
        for (UserSource source : tier) {
            if (!source.isVerified()) {
                throw new IllegalArgumentException(
                        "a tier comes from " + UserSource.VERIFIED_ALLOWED + ", not " + source);
            }
        }
    }

    /** What a configuration that says nothing means. */
    public static FilterDefaults standard() {
        return new FilterDefaults(
                List.of(new UserSource.Header("X-User-Id")),
                List.of(),
                MissingUser.SHARED,
                Mode.REJECT,
                Duration.ofSeconds(30),
                true,
                Duration.ofSeconds(60));
    }

    static boolean isPossibleWait(Duration wait) {
        return !wait.isNegative() && wait.compareTo(LONGEST_WAIT) <= 0;
    }
}
