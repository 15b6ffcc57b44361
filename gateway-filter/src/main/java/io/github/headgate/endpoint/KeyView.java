package io.github.headgate.endpoint;

import io.github.headgate.Key;
import io.github.headgate.KeyStatus;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.limiter.StoreRateLimiter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where one key stands.
 *
 * @param user as keys and logs show him, and as he can be asked for again; null for the provider-wide key
 * @param rule the limits in force
 * @param source where they come from
 * @param limited whether a request for one permit would be denied now
 * @param waiting requests of this key that wait in this gateway now
 * @param limits each limit of the rule by its name: minute, hour, day, burst
 */
record KeyView(
        String provider,
        @Nullable String user,
        Rule rule,
        String source,
        boolean limited,
        int waiting,
        Map<String, Usage> limits) {

    static KeyView of(KeyStatus status, StoreRateLimiter limiter) {
        Key key = status.key();
        Map<String, Usage> limits = new LinkedHashMap<>();
        for (LimitUsage each : status.usage()) {
            limits.put(each.kind().label(), Usage.of(each));
        }
        return new KeyView(
                key.provider(),
                key.user() == null ? null : key.user().toString(),
                status.rule(),
                limiter.rules().find(key, null).source(),
                status.limited(),
                limiter.waiting(key),
                limits);
    }

    /**
     * @param resetMillis milliseconds until all of it is there again
     * @param nextPermitMillis milliseconds until there is a permit again; 0 when there is one
     */
    record Usage(int limit, int used, int remaining, long resetMillis, long nextPermitMillis) {

        static Usage of(LimitUsage usage) {
            return new Usage(
                    usage.limit(), usage.used(), usage.remaining(), usage.resetMillis(), usage.nextPermitMillis());
        }
    }
}
