package io.github.headgate.http;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitUsage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decisions in the numbers of the examples in the protocol notes. */
final class Decisions {

    private Decisions() {}

    static Decision.Granted granted(LimitUsage... usage) {
        return new Decision.Granted(List.of(usage), 0, new NoCharge(Key.of("openai", "alice"), 1));
    }

    static Decision.Denied denied(LimitKind hit, int permits, @Nullable Long retryAfterMillis, LimitUsage... usage) {
        Decision.Reason reason = retryAfterMillis == null ? Decision.Reason.NEVER_FITS : Decision.Reason.OVER_LIMIT;
        return new Decision.Denied(List.of(usage), hit, permits, retryAfterMillis, reason);
    }

    static Decision.Denied storeUnavailable() {
        return new Decision.Denied(List.of(), LimitKind.MINUTE, 1, 5_000L, Decision.Reason.STORE_UNAVAILABLE);
    }

    static LimitUsage minute(int limit, int remaining, long resetMillis, long nextPermitMillis) {
        return new LimitUsage(LimitKind.MINUTE, limit, remaining, resetMillis, nextPermitMillis);
    }

    static LimitUsage hour(int limit, int remaining) {
        return new LimitUsage(LimitKind.HOUR, limit, remaining, 120_000, 0);
    }

    static LimitUsage burst(int limit, int remaining, long nextPermitMillis) {
        return new LimitUsage(LimitKind.BURST, limit, remaining, nextPermitMillis + 9_000, nextPermitMillis);
    }

    private record NoCharge(Key key, int permits) implements Charge {}
}
