package io.github.headgate.http;

import io.github.headgate.Decision;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitUsage;

/** What a denial tells a human: the limit that was hit, its value, and when to try again. */
final class Messages {

    static final String MISSING_USER =
            "This gateway serves known users only, and this request does not say in a trusted way who sends it.";

    private static final String UNCHECKED = "Limits cannot be checked just now.";

    private Messages() {}

    /** In the words of OpenAI's API, which people search their logs for. */
    static String openai(Decision.Denied denied, boolean shared, long retryAfterSeconds) {
        if (denied.reason() == Decision.Reason.STORE_UNAVAILABLE) {
            return UNCHECKED + " Please try again in " + Durations.goSeconds(retryAfterSeconds) + '.';
        }
        LimitUsage hit = denied.violated();
        String who = shared ? "this provider" : "this user";
        if (denied.retryAfterMillis() == null) {
            return "Request too large for " + who + " on " + openaiName(hit.kind()) + ": Limit " + hit.limit()
                    + ", Requested " + denied.permits() + ". It can never be granted, so do not retry it.";
        }
        return "Rate limit reached for " + who + " on " + openaiName(hit.kind()) + ": Limit " + hit.limit() + ", Used "
                + hit.used() + ", Requested " + denied.permits() + ". Please try again in "
                + Durations.goSeconds(retryAfterSeconds) + '.';
    }

    static String prose(Decision.Denied denied, long retryAfterSeconds) {
        String retry = " Retry after " + retryAfterSeconds + (retryAfterSeconds == 1 ? " second." : " seconds.");
        if (denied.reason() == Decision.Reason.STORE_UNAVAILABLE) {
            return UNCHECKED + retry;
        }
        String limit = proseLimit(denied.violated());
        if (denied.retryAfterMillis() == null) {
            return "This request asks for " + denied.permits() + " permits, more than the gateway " + limit
                    + " can ever grant. Do not retry it.";
        }
        return "This request would exceed the gateway " + limit + '.' + retry;
    }

    private static String openaiName(LimitKind kind) {
        return switch (kind) {
            case MINUTE -> "requests per min (RPM)";
            case HOUR -> "requests per hour (RPH)";
            case DAY -> "requests per day (RPD)";
            case BURST -> "requests at once (burst)";
        };
    }

    private static String proseLimit(LimitUsage hit) {
        String requests = hit.limit() == 1 ? " request" : " requests";
        return hit.kind() == LimitKind.BURST
                ? "burst capacity of " + hit.limit() + requests
                : "limit of " + hit.limit() + requests + " per " + hit.kind().label();
    }
}
