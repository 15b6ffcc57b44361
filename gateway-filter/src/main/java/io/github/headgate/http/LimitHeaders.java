package io.github.headgate.http;

import io.github.headgate.Decision;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitUsage;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.springframework.http.HttpHeaders;

/**
 * The response headers that tell a caller where it stands: those of its dialect for one limit, and the IETF
 * {@code RateLimit-Policy} and {@code RateLimit} for every limit of its rule.
 */
public final class LimitHeaders {

    private static final String[] LIMIT_PREFIXES = {
        "x-ratelimit-", "anthropic-ratelimit-", "anthropic-priority-", "anthropic-fast-", "ratelimit"
    };

    private LimitHeaders() {}

    /**
     * Removes every header with which a provider describes the limits of the gateway's own account.
     *
     * @param fromProvider the names of the headers that may be the provider's
     */
    public static void removeProviders(HttpHeaders headers, Collection<String> fromProvider) {
        List<String> doomed = null;
        for (String name : fromProvider) {
            if (isLimitHeader(name)) {
                if (doomed == null) {
                    doomed = new ArrayList<>(8);
                }
                doomed.add(name);
            }
        }
        if (doomed != null) {
            doomed.forEach(headers::remove);
        }
    }

    static boolean isLimitHeader(String name) {
        for (String prefix : LIMIT_PREFIXES) {
            if (name.regionMatches(true, 0, prefix, 0, prefix.length())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Writes the headers of one decision, replacing any of the same name. A single-valued header shows the window with
     * the least remaining when granted, and the limit that was hit when denied.
     *
     * @param decidedAt when the decision was made; absolute times are counted from it
     */
    public static void write(HttpHeaders headers, Dialect dialect, Decision decision, Instant decidedAt) {
        LimitUsage shown = decision instanceof Decision.Denied denied
                ? denied.violated()
                : ((Decision.Granted) decision).tightest();
        switch (dialect) {
            case OPENAI -> {
                headers.set("x-ratelimit-limit-requests", Integer.toString(shown.limit()));
                headers.set("x-ratelimit-remaining-requests", Integer.toString(shown.remaining()));
                headers.set("x-ratelimit-reset-requests", Durations.go(shown.resetMillis()));
            }
            case ANTHROPIC -> {
                headers.set("anthropic-ratelimit-requests-limit", Integer.toString(shown.limit()));
                headers.set("anthropic-ratelimit-requests-remaining", Integer.toString(shown.remaining()));
                headers.set("anthropic-ratelimit-requests-reset", rfc3339(decidedAt, shown.resetMillis()));
            }
            case PROBLEM -> {}
        }
        headers.set("RateLimit-Policy", Policies.of(decision.usage()));
        headers.set("RateLimit", standings(decision.usage()));
    }

    /** Whole seconds, rounded up: at the instant shown the limit is full again. */
    private static String rfc3339(Instant from, long afterMillis) {
        long seconds = Durations.secondsRoundedUp(from.toEpochMilli() + afterMillis);
        return DateTimeFormatter.ISO_INSTANT.format(Instant.ofEpochSecond(seconds));
    }

    private static String standings(List<LimitUsage> usage) {
        StringBuilder list = new StringBuilder(96);
        for (int i = 0; i < usage.size(); i++) {
            LimitUsage each = usage.get(i);
            startItem(list, each.kind()).append(";r=").append(each.remaining());
            if (each.remaining() == 0) {
                list.append(";t=").append(Durations.secondsRoundedUp(each.nextPermitMillis()));
            }
        }
        return list.toString();
    }

    static StringBuilder startItem(StringBuilder list, LimitKind kind) {
        if (!list.isEmpty()) {
            list.append(',');
        }
        return list.append('"').append(kind.label()).append('"');
    }
}
