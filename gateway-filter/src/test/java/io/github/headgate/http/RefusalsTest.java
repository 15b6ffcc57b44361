package io.github.headgate.http;

import static io.github.headgate.http.Decisions.burst;
import static io.github.headgate.http.Decisions.denied;
import static io.github.headgate.http.Decisions.hour;
import static io.github.headgate.http.Decisions.minute;
import static io.github.headgate.http.Decisions.storeUnavailable;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.LimitKind;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.http.HttpStatus;

class RefusalsTest {

    private static final Instant NOW = Instant.parse("2026-11-23T20:44:40Z");
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Decision.Denied OVER =
            denied(LimitKind.MINUTE, 1, 1_450L, minute(60, 0, 20_000, 1_450), hour(3000, 2940));

    @Test
    void openaiAnswerIsWhatThatSdkReads() {
        Answer answer = Refusals.denied(occasion(Dialect.OPENAI), OVER, false, MINUTE);

        assertThat(answer.status()).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
        assertThat(answer.headers().toSingleValueMap())
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("Content-Type", "application/json"),
                        Map.entry("Retry-After", "2"),
                        Map.entry("retry-after-ms", "1450"),
                        Map.entry("x-should-retry", "true"),
                        Map.entry("x-ratelimit-limit-requests", "60"),
                        Map.entry("x-ratelimit-remaining-requests", "0"),
                        Map.entry("x-ratelimit-reset-requests", "20s"),
                        Map.entry("RateLimit-Policy", "\"minute\";q=60;w=60,\"hour\";q=3000;w=3600"),
                        Map.entry("RateLimit", "\"minute\";r=0;t=2,\"hour\";r=2940"),
                        Map.entry("Cache-Control", "no-store")));
        assertThat(answer.body()).isEqualTo("""
                        {"error":{"message":"Rate limit reached for this user on requests per min (RPM): \
                        Limit 60, Used 60, Requested 1. Please try again in 2s.",\
                        "type":"requests","param":null,"code":"rate_limit_exceeded"}}""");
    }

    @Test
    void anthropicAnswerIsWhatThatSdkReads() {
        Answer answer = Refusals.denied(occasion(Dialect.ANTHROPIC), OVER, false, MINUTE);

        assertThat(answer.headers().toSingleValueMap())
                .containsEntry("Content-Type", "application/json")
                .containsEntry("request-id", "req_1")
                .containsEntry("anthropic-ratelimit-requests-limit", "60")
                .containsEntry("anthropic-ratelimit-requests-remaining", "0")
                .containsEntry("anthropic-ratelimit-requests-reset", "2026-11-23T20:45:00Z")
                .containsEntry("Retry-After", "2");
        assertThat(answer.body()).isEqualTo("""
                        {"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed the \
                        gateway limit of 60 requests per minute. Retry after 2 seconds."},"request_id":"req_1"}""");
    }

    @Test
    void problemAnswerNamesTheViolatedPolicy() {
        Answer answer = Refusals.denied(occasion(Dialect.PROBLEM), OVER, false, MINUTE);

        assertThat(answer.headers().toSingleValueMap())
                .containsEntry("Content-Type", "application/problem+json")
                .containsEntry("RateLimit", "\"minute\";r=0;t=2,\"hour\";r=2940")
                .doesNotContainKey("request-id");
        assertThat(answer.body()).isEqualTo("""
                        {"type":"https://iana.org/assignments/http-problem-types#quota-exceeded",\
                        "title":"Too Many Requests","status":429,"detail":"This request would exceed the gateway limit \
                        of 60 requests per minute. Retry after 2 seconds.","violated-policies":["minute"],\
                        "error":{"message":"This request would exceed the gateway limit of 60 requests per minute. \
                        Retry after 2 seconds.","type":"requests","param":null,"code":"rate_limit_exceeded"}}""");
    }

    @ParameterizedTest
    @CsvSource({
        // retry-after, next permit of the violated policy, Retry-After, retry-after-ms
        "1, 1, 1, 1",
        "999, 0, 1, 999",
        "1000, 0, 1, 1000",
        "1001, 0, 2, 1001",
        "500, 2500, 3, 2500",
    })
    void retryAfterIsRoundedUpAndNeverBelowTheViolatedPolicysTime(
            long retryAfter, long nextPermit, String seconds, String millis) {
        Decision.Denied denied =
                denied(LimitKind.MINUTE, 1, retryAfter, minute(60, nextPermit == 0 ? 1 : 0, 20_000, nextPermit));

        Answer answer = Refusals.denied(occasion(Dialect.OPENAI), denied, false, MINUTE);

        assertThat(answer.headers().getFirst("Retry-After")).isEqualTo(seconds);
        assertThat(answer.headers().getFirst("retry-after-ms")).isEqualTo(millis);
    }

    @ParameterizedTest
    @CsvSource({"60000, true", "60001, false", "3600000, false"})
    void retryIsAdvisedUpToTheConfiguredWait(long retryAfter, String advised) {
        Decision.Denied denied = denied(LimitKind.MINUTE, 1, retryAfter, minute(60, 0, 60_000, retryAfter));

        Answer answer = Refusals.denied(occasion(Dialect.OPENAI), denied, false, MINUTE);

        assertThat(answer.headers().getFirst("x-should-retry")).isEqualTo(advised);
    }

    @ParameterizedTest
    @EnumSource
    void requestThatNeverFitsIsToldSoAndGetsNoRetryAfter(Dialect dialect) {
        Decision.Denied denied = denied(LimitKind.BURST, 30, null, minute(60, 60, 0, 0), burst(20, 20, 0));

        Answer answer = Refusals.denied(occasion(dialect), denied, false, MINUTE);

        assertThat(answer.status()).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
        assertThat(answer.headers().headerNames()).doesNotContain("Retry-After", "retry-after-ms");
        assertThat(answer.headers().getFirst("x-should-retry")).isEqualTo("false");
        assertThat(answer.body())
                .contains(
                        dialect == Dialect.OPENAI
                                ? "Request too large for this user on requests at once (burst): Limit 20, "
                                        + "Requested 30. It can never be granted, so do not retry it."
                                : "This request asks for 30 permits, more than the gateway burst capacity of 20 "
                                        + "requests can ever grant. Do not retry it.");
    }

    @ParameterizedTest
    @EnumSource
    void uncheckedLimitsAskForARetryInASecondAndShowNoNumbers(Dialect dialect) {
        Answer answer = Refusals.denied(occasion(dialect), storeUnavailable(), false, MINUTE);

        assertThat(answer.status()).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
        assertThat(answer.headers().toSingleValueMap())
                .containsEntry("Retry-After", "1")
                .containsEntry("retry-after-ms", "1000")
                .containsEntry("x-should-retry", "true")
                .doesNotContainKeys("RateLimit", "x-ratelimit-limit-requests", "anthropic-ratelimit-requests-limit");
        assertThat(answer.body()).contains("Limits cannot be checked just now.");
    }

    @ParameterizedTest
    @CsvSource({
        "MINUTE, requests per min (RPM), limit of 7 requests per minute",
        "HOUR, requests per hour (RPH), limit of 7 requests per hour",
        "DAY, requests per day (RPD), limit of 7 requests per day",
        "BURST, requests at once (burst), burst capacity of 7 requests",
    })
    void messageNamesTheLimitThatWasHit(LimitKind hit, String openai, String prose) {
        Decision.Denied denied = denied(hit, 1, 1_000L, new io.github.headgate.LimitUsage(hit, 7, 0, 1_000, 1_000));

        assertThat(Messages.openai(denied, false, 1)).contains(openai);
        assertThat(Messages.prose(denied, 1)).contains(prose).endsWith("Retry after 1 second.");
    }

    @Test
    void callersWithoutAUserAreNotCalledAUser() {
        Answer answer = Refusals.denied(occasion(Dialect.OPENAI), OVER, true, MINUTE);

        assertThat(answer.body())
                .contains("Rate limit reached for this provider on")
                .doesNotContain("this user");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OPENAI | application/json | \"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}",
                "ANTHROPIC | application/json | {\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":",
                "PROBLEM | application/problem+json | {\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":",
            })
    void missingUserIsAnAuthenticationErrorOfTheDialect(Dialect dialect, String contentType, String inBody) {
        Answer answer = Refusals.missingUser(occasion(dialect));

        assertThat(answer.status()).isEqualTo(HttpStatus.UNAUTHORIZED);
        assertThat(answer.headers().toSingleValueMap())
                .containsEntry("WWW-Authenticate", "Bearer realm=\"gateway\"")
                .containsEntry("Cache-Control", "no-store")
                .containsEntry("Content-Type", contentType);
        assertThat(answer.body()).contains(inBody);
    }

    private static Refusals.Occasion occasion(Dialect dialect) {
        return new Refusals.Occasion(dialect, "req_1", NOW);
    }
}
