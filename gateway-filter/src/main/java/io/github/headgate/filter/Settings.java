package io.github.headgate.filter;

import io.github.headgate.caller.TierResolver;
import io.github.headgate.caller.UserResolver;
import io.github.headgate.http.Dialect;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Everything one filter needs to know, checked.
 *
 * @param provider null when the route says it
 * @param permits what one request spends, at least 1
 * @param maxWait the longest wait in {@link Mode#WAIT}, 0 s to 60 s
 * @param dialect null when the provider says it
 * @param shadow null when the provider says it
 */
record Settings(
        @Nullable String provider,
        UserResolver users,
        TierResolver tiers,
        int permits,
        Mode mode,
        Duration maxWait,
        @Nullable Dialect dialect,
        boolean headers,
        @Nullable Boolean shadow,
        Duration noRetryAbove) {}
