package io.github.headgate.http;

import io.github.headgate.Decision;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/** The answers to requests that may not go. Pure: equal arguments give equal answers. */
public final class Refusals {

    private static final String QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded";

    private Refusals() {}

    /**
     * What a refusal is made for.
     *
     * @param requestId names this answer, for dialects that have such an id
     * @param at now
     */
    public record Occasion(Dialect dialect, String requestId, Instant at) {}

    /**
     * Status 429.
     *
     * @param shared whether the key was the provider-wide one
     * @param noRetryAbove waits longer than this are marked as not worth an automatic retry
     */
    public static Answer denied(Occasion occasion, Decision.Denied denied, boolean shared, Duration noRetryAbove) {
        HttpHeaders headers = commonHeaders(occasion);
        boolean unchecked = denied.reason() == Decision.Reason.STORE_UNAVAILABLE;
        if (!unchecked) {
            LimitHeaders.write(headers, occasion.dialect(), denied, occasion.at());
        }
        Long wait = waitMillis(denied);
        long waitSeconds = 0;
        if (wait == null) {
            headers.set("x-should-retry", "false");
        } else {
            waitSeconds = Durations.secondsRoundedUp(wait);
            headers.set(HttpHeaders.RETRY_AFTER, Long.toString(waitSeconds));
            headers.set("retry-after-ms", Long.toString(wait));
            headers.set("x-should-retry", wait > noRetryAbove.toMillis() ? "false" : "true");
        }
        String body = switch (occasion.dialect()) {
            case OPENAI ->
                ErrorBody.openai(Messages.openai(denied, shared, waitSeconds), "requests", "rate_limit_exceeded");
            case ANTHROPIC ->
                ErrorBody.anthropic(Messages.prose(denied, waitSeconds), "rate_limit_error", occasion.requestId());
            case PROBLEM ->
                ErrorBody.problem(
                        unchecked
                                ? untyped(HttpStatus.TOO_MANY_REQUESTS)
                                : new ErrorBody.Problem(
                                        QUOTA_EXCEEDED,
                                        HttpStatus.TOO_MANY_REQUESTS.getReasonPhrase(),
                                        HttpStatus.TOO_MANY_REQUESTS.value(),
                                        denied.hit().label()),
                        Messages.prose(denied, waitSeconds),
                        "requests",
                        "rate_limit_exceeded");
        };
        return new Answer(HttpStatus.TOO_MANY_REQUESTS, headers, body);
    }

    /** Status 401, for a request whose user nobody vouches for. */
    public static Answer missingUser(Occasion occasion) {
        HttpHeaders headers = commonHeaders(occasion);
        headers.set(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"gateway\"");
        String message = Messages.MISSING_USER;
        String body = switch (occasion.dialect()) {
            case OPENAI -> ErrorBody.openai(message, "invalid_request_error", "invalid_api_key");
            case ANTHROPIC -> ErrorBody.anthropic(message, "authentication_error", occasion.requestId());
            case PROBLEM ->
                ErrorBody.problem(
                        untyped(HttpStatus.UNAUTHORIZED), message, "invalid_request_error", "invalid_api_key");
        };
        return new Answer(HttpStatus.UNAUTHORIZED, headers, body);
    }

    private static HttpHeaders commonHeaders(Occasion occasion) {
        HttpHeaders headers = new HttpHeaders();
        headers.setContentType(
                occasion.dialect() == Dialect.PROBLEM
                        ? MediaType.APPLICATION_PROBLEM_JSON
                        : MediaType.APPLICATION_JSON);
        headers.set(HttpHeaders.CACHE_CONTROL, "no-store");
        if (occasion.dialect() == Dialect.ANTHROPIC) {
            headers.set("request-id", occasion.requestId());
        }
        return headers;
    }

    /**
     * At least 1 ms, because clients that are told 0 retry in a burst, and never less than the {@code t} that the
     * violated policy shows; null when waiting does not help.
     */
    private static @Nullable Long waitMillis(Decision.Denied denied) {
        if (denied.reason() == Decision.Reason.STORE_UNAVAILABLE) {
            return 1_000L;
        }
        Long retryAfter = denied.retryAfterMillis();
        if (retryAfter == null) {
            return null;
        }
        return Math.max(1, Math.max(retryAfter, denied.violated().nextPermitMillis()));
    }

    private static ErrorBody.Problem untyped(HttpStatus status) {
        return new ErrorBody.Problem("about:blank", status.getReasonPhrase(), status.value(), null);
    }
}
