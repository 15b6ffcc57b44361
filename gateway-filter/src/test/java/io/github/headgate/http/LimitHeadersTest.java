package io.github.headgate.http;

import static io.github.headgate.http.Decisions.burst;
import static io.github.headgate.http.Decisions.denied;
import static io.github.headgate.http.Decisions.granted;
import static io.github.headgate.http.Decisions.hour;
import static io.github.headgate.http.Decisions.minute;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.LimitKind;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

class LimitHeadersTest {

    private static final Instant NOW = Instant.parse("2026-11-23T20:44:39.250Z");

    private final HttpHeaders headers = new HttpHeaders();

    @Test
    void openaiDialectShowsTheTightestWindowWithAWholeNumberReset() {
        LimitHeaders.write(
                headers, Dialect.OPENAI, granted(minute(60, 12, 360_000, 0), hour(3000, 11), burst(20, 3, 0)), NOW);

        assertThat(headers.toSingleValueMap())
                .containsEntry("x-ratelimit-limit-requests", "3000")
                .containsEntry("x-ratelimit-remaining-requests", "11")
                .containsEntry("x-ratelimit-reset-requests", "2m0s")
                .hasSize(5);
    }

    @Test
    void anthropicDialectShowsAnRfc3339ResetInUtcRoundedUpToTheSecond() {
        LimitHeaders.write(headers, Dialect.ANTHROPIC, granted(minute(50, 49, 20_000, 0)), NOW);

        assertThat(headers.toSingleValueMap())
                .containsEntry("anthropic-ratelimit-requests-limit", "50")
                .containsEntry("anthropic-ratelimit-requests-remaining", "49")
                .containsEntry("anthropic-ratelimit-requests-reset", "2026-11-23T20:45:00Z")
                .hasSize(5);
    }

    @Test
    void problemDialectHasTheIetfFieldsOnly() {
        LimitHeaders.write(headers, Dialect.PROBLEM, granted(minute(50, 49, 20_000, 0)), NOW);

        assertThat(headers.headerNames()).containsExactlyInAnyOrder("RateLimit-Policy", "RateLimit");
    }

    @Test
    void everyLimitOfTheRuleIsANamedPolicy() {
        LimitHeaders.write(
                headers, Dialect.OPENAI, granted(minute(60, 12, 1, 0), hour(3000, 11), burst(20, 3, 0)), NOW);

        assertThat(headers.getFirst("RateLimit-Policy"))
                .isEqualTo("\"minute\";q=60;w=60,\"hour\";q=3000;w=3600,\"burst\";q=20");
        assertThat(headers.getFirst("RateLimit")).isEqualTo("\"minute\";r=12,\"hour\";r=11,\"burst\";r=3");
    }

    @Test
    void policiesAreThoseOfTheirOwnLimitsWhateverWasShownBefore() {
        // Some of so many must share a place where they are remembered.
        for (int limit = 1; limit <= 1_000; limit++) {
            assertThat(policies(granted(minute(limit, 0, 1, 1)))).isEqualTo("\"minute\";q=" + limit + ";w=60");
        }
        for (int limit = 1; limit <= 1_000; limit++) {
            assertThat(policies(granted(minute(limit, 0, 1, 1)))).isEqualTo("\"minute\";q=" + limit + ";w=60");
            assertThat(policies(granted(hour(limit, 0)))).isEqualTo("\"hour\";q=" + limit + ";w=3600");
        }
    }

    private String policies(Decision decision) {
        LimitHeaders.write(headers, Dialect.PROBLEM, decision, NOW);
        return String.valueOf(headers.getFirst("RateLimit-Policy"));
    }

    @Test
    void timeIsShownOnlyForPoliciesWithoutAPermitAndIsRoundedUp() {
        Decision denied = denied(LimitKind.MINUTE, 1, 1_450L, minute(60, 0, 20_000, 1_450), burst(20, 0, 1));

        LimitHeaders.write(headers, Dialect.OPENAI, denied, NOW);

        assertThat(headers.getFirst("RateLimit")).isEqualTo("\"minute\";r=0;t=2,\"burst\";r=0;t=1");
    }

    @Test
    void deniedDecisionShowsTheLimitThatWasHitAndNotTheTightest() {
        Decision denied = denied(LimitKind.BURST, 5, 3_000L, minute(60, 1, 20_000, 0), burst(20, 3, 0));

        LimitHeaders.write(headers, Dialect.OPENAI, denied, NOW);

        assertThat(headers.getFirst("x-ratelimit-limit-requests")).isEqualTo("20");
        assertThat(headers.getFirst("x-ratelimit-remaining-requests")).isEqualTo("3");
        assertThat(headers.getFirst("x-ratelimit-reset-requests")).isEqualTo("9s");
    }

    @Test
    void headersOfTheSameNameAreReplaced() {
        headers.add("RateLimit", "\"upstream\";r=1");

        LimitHeaders.write(headers, Dialect.PROBLEM, granted(minute(50, 49, 20_000, 0)), NOW);

        assertThat(headers.get("RateLimit")).containsExactly("\"minute\";r=49");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-ratelimit-limit-requests",
                "X-RateLimit-Remaining-Tokens",
                "x-ratelimit-reset-project-tokens",
                "anthropic-ratelimit-tokens-reset",
                "Anthropic-Ratelimit-Input-Tokens-Limit",
                "anthropic-priority-input-tokens-remaining",
                "anthropic-fast-output-tokens-limit",
                "RateLimit",
                "ratelimit-policy",
                "RateLimit-Reset",
            })
    void providersLimitHeaderIsRemoved(String name) {
        headers.add(name, "1");
        headers.add("Content-Type", "text/event-stream");

        HttpHeaders left = LimitHeaders.withoutProviders(headers);

        assertThat(left.headerNames()).containsExactly("Content-Type");
        assertThat(headers.headerNames()).contains(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Retry-After",
                "retry-after-ms",
                "x-should-retry",
                "request-id",
                "x-request-id",
                "anthropic-organization-id",
                "x-rate",
                "rate"
            })
    void anyOtherHeaderStays(String name) {
        headers.add(name, "1");

        assertThat(LimitHeaders.withoutProviders(headers)).isSameAs(headers);
        assertThat(headers.headerNames()).containsExactly(name);
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void whatWasWrittenIsTakenBackAndNothingElse(Dialect dialect) {
        headers.add("X-RateLimit-Tenant", "7");
        LimitHeaders.write(headers, dialect, granted(minute(50, 49, 20_000, 0)), NOW);

        LimitHeaders.erase(headers);

        assertThat(headers.headerNames()).containsExactly("X-RateLimit-Tenant");
    }
}
