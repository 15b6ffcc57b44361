package io.github.headgate.failover;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.Window;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * This gateway's share of what is left of a key while each gateway decides alone.
 *
 * <p>Of {@code left} permits the gateway of rank {@code r}, out of {@code n}, may grant {@code ceil((left - r) / n)}:
 * the shares of all ranks add up to {@code left}. That is so when every permit counts {@code n}-fold against a limit
 * that is {@code n - 1 - r} higher, and so windows, waits and refunds share by the arithmetic they have anyway.
 *
 * @param gateways how many decide, at least 1
 * @param rank this gateway's place among them for a key, 0 to gateways - 1
 */
record Share(int gateways, int rank) {

    static final Share ALL = new Share(1, 0);

    /** When to ask again for what no share of this gateway ever holds: by then it may have another one. */
    static final long ASK_AGAIN_MILLIS = 1_000;

    /** The request as it counts against what all gateways have left; null when it is larger than this share can be. */
    @Nullable
    LimitRequest of(LimitRequest request) {
        long permits = (long) request.permits() * gateways;
        Rule rule = request.rule();
        for (Window window : Window.values()) {
            Integer limit = rule.limit(window);
            if (limit != null && permits > limit + headroom()) {
                return null;
            }
        }
        Integer burst = rule.burstCapacity();
        if (gateways == 1) {
            return request;
        }
        return permits > Integer.MAX_VALUE || (burst != null && permits > Rule.MAX_BURST_CAPACITY)
                ? null
                : new LimitRequest(
                        request.key(),
                        new Rule(
                                raised(rule.requestsPerMinute()),
                                raised(rule.requestsPerHour()),
                                raised(rule.requestsPerDay()),
                                // One request must fit at once at every gateway, or a small burst would lock it out.
                                burst == null
                                        ? null
                                        : (int) Math.min(
                                                Rule.MAX_BURST_CAPACITY, Math.max(permits, burst + headroom()))),
                        (int) permits,
                        request.maxWaitMillis());
    }

    private long headroom() {
        return gateways - 1L - rank;
    }

    private @Nullable Integer raised(@Nullable Integer limit) {
        return limit == null ? null : (int) Math.min(Integer.MAX_VALUE, limit + headroom());
    }

    /** A decision about {@link #of} in the terms of the request: its limits, and what this gateway has left of them. */
    Decision told(Decision decision, LimitRequest request) {
        if (gateways == 1) {
            return decision;
        }
        List<LimitUsage> usage = told(decision.usage(), request.rule());
        if (decision instanceof Granted granted) {
            return new Granted(usage, granted.delayMillis(), granted.charge());
        }
        Denied denied = (Denied) decision;
        return new Denied(usage, denied.hit(), request.permits(), denied.retryAfterMillis(), denied.reason());
    }

    List<LimitUsage> told(List<LimitUsage> usage, Rule rule) {
        if (gateways == 1) {
            return usage;
        }
        List<LimitUsage> told = new ArrayList<>(usage.size());
        for (LimitUsage each : usage) {
            int remaining = Math.min(limit(rule, each), each.remaining() / gateways);
            told.add(new LimitUsage(
                    each.kind(), limit(rule, each), remaining, each.resetMillis(), remaining > 0 ? 0 : next(each)));
        }
        return told;
    }

    private static long next(LimitUsage usage) {
        if (usage.nextPermitMillis() > 0) {
            return usage.nextPermitMillis();
        }
        return usage.resetMillis() > 0 ? usage.resetMillis() : ASK_AGAIN_MILLIS;
    }

    private static int limit(Rule rule, LimitUsage usage) {
        Integer limit = usage.kind() == LimitKind.BURST
                ? rule.burstCapacity()
                : rule.limit(Window.values()[usage.kind().ordinal()]);
        return limit == null ? usage.limit() : limit;
    }
}
