package io.github.headgate.http;

import io.github.headgate.Decision;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitUsage;
import io.netty.util.AsciiString;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
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

    private static final String OPENAI_LIMIT = "x-ratelimit-limit-requests";
    private static final String OPENAI_REMAINING = "x-ratelimit-remaining-requests";
    private static final String OPENAI_RESET = "x-ratelimit-reset-requests";
    private static final String ANTHROPIC_LIMIT = "anthropic-ratelimit-requests-limit";
    private static final String ANTHROPIC_REMAINING = "anthropic-ratelimit-requests-remaining";
    private static final String ANTHROPIC_RESET = "anthropic-ratelimit-requests-reset";
    private static final String POLICY = "RateLimit-Policy";
    private static final String STANDING = "RateLimit";

    /** By limit, for every response has them. */
    private static final String[] REMAINING =
            Arrays.stream(LimitKind.values()).map(kind -> item(kind) + ";r=").toArray(String[]::new);

    private static final List<String> WRITTEN = List.of(
            OPENAI_LIMIT,
            OPENAI_REMAINING,
            OPENAI_RESET,
            ANTHROPIC_LIMIT,
            ANTHROPIC_REMAINING,
            ANTHROPIC_RESET,
            POLICY,
            STANDING);

    private LimitHeaders() {}

    /**
     * Leaves out every header with which a provider describes the limits of the gateway's own account.
     *
     * @return the same headers where there is none of these
     */
    public static HttpHeaders withoutProviders(HttpHeaders fromProvider) {
        if (!describesLimits(fromProvider)) {
            return fromProvider;
        }
        HttpHeaders left = new HttpHeaders();
        fromProvider.forEach((name, values) -> {
            if (!isLimitHeader(name)) {
                left.addAll(name, values);
            }
        });
        return left;
    }

    private static boolean describesLimits(HttpHeaders headers) {
        for (String name : headers.headerNames()) {
            if (isLimitHeader(name)) {
                return true;
            }
        }
        return false;
    }

    /** Whether it is one with which providers describe limits. */
    public static boolean isLimitHeader(CharSequence name) {
        for (String prefix : LIMIT_PREFIXES) {
            if (AsciiString.regionMatchesAscii(name, true, 0, prefix, 0, prefix.length())) {
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
                headers.set(OPENAI_LIMIT, Integer.toString(shown.limit()));
                headers.set(OPENAI_REMAINING, Integer.toString(shown.remaining()));
                headers.set(OPENAI_RESET, Durations.go(shown.resetMillis()));
            }
            case ANTHROPIC -> {
                headers.set(ANTHROPIC_LIMIT, Integer.toString(shown.limit()));
                headers.set(ANTHROPIC_REMAINING, Integer.toString(shown.remaining()));
                headers.set(ANTHROPIC_RESET, rfc3339(decidedAt, shown.resetMillis()));
            }
            case PROBLEM -> {}
        }
        headers.set(POLICY, Policies.of(decision.usage()));
        headers.set(STANDING, standings(decision.usage()));
    }

    /** Takes back whatever {@link #write} may have written, in any dialect. */
    public static void erase(HttpHeaders headers) {
        WRITTEN.forEach(headers::remove);
    }

    /** Whole seconds, rounded up: at the instant shown the limit is full again. */
    private static String rfc3339(Instant from, long afterMillis) {
        long seconds = Durations.secondsRoundedUp(from.toEpochMilli() + afterMillis);
        return DateTimeFormatter.ISO_INSTANT.format(Instant.ofEpochSecond(seconds));
    }

    private static String standings(List<LimitUsage> usage) {
        StringBuilder list = new StringBuilder(64);
        for (int i = 0; i < usage.size(); i++) {
            LimitUsage each = usage.get(i);
            if (i > 0) {
                list.append(',');
            }
            list.append(REMAINING[each.kind().ordinal()]).append(each.remaining());
            if (each.remaining() == 0) {
                list.append(";t=").append(Durations.secondsRoundedUp(each.nextPermitMillis()));
            }
        }
        return list.toString();
    }

    /** How a limit begins in the lists of both IETF headers. */
    static String item(LimitKind kind) {
        return '"' + kind.label() + '"';
    }
}
