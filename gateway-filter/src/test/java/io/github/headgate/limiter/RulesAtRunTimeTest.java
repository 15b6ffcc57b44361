package io.github.headgate.limiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.headgate.Key;
import io.github.headgate.KeyStatus;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.Rule;
import io.github.headgate.local.LocalStore;
import io.github.headgate.rules.RuleBook;
import io.github.headgate.rules.RuntimeRules;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Rules set from Java. */
class RulesAtRunTimeTest {

    private final StoreRateLimiter limiter = new StoreRateLimiter(
            new LocalStore(100),
            RuleBook.builder(perMinute(1))
                    .provider("openai", perMinute(60), null)
                    .provider("claude", perMinute(50), null)
                    .tier("free", perMinute(10), Map.of("claude", perMinute(5)))
                    .tier("pro", perMinute(100), Map.of())
                    .user("tina", "free", null, Map.of())
                    .user("owen", null, perMinute(30), Map.of("claude", perMinute(3)))
                    .build(),
            10,
            10,
            Schedulers.parallel());

    private static Rule perMinute(int limit) {
        return new Rule(limit, null, null, null);
    }

    private static void make(Mono<Void> change) {
        change.block(Duration.ofSeconds(10));
    }

    private KeyStatus status(String provider, String user) {
        return limiter.status(provider, user)
                .blockOptional(Duration.ofSeconds(10))
                .orElseThrow();
    }

    private int limit(String provider, String user) {
        return Objects.requireNonNull(status(provider, user).rule().requestsPerMinute());
    }

    @Test
    void aUsersRuleStandsAboveAllOfHisAndKeepsTheUsage() {
        limiter.check(Key.of("openai", "owen"), null, 4).block(Duration.ofSeconds(10));

        make(limiter.setUserRule("owen", perMinute(7)));

        assertThat(limit("openai", "owen")).isEqualTo(7);
        assertThat(limit("claude", "owen")).isEqualTo(7);
        assertThat(status("openai", "owen").usage().get(0).used()).isEqualTo(4);
        make(limiter.clearUserRule("owen"));
        assertThat(limit("openai", "owen")).isEqualTo(30);
        assertThat(limit("claude", "owen")).isEqualTo(3);
        assertThat(status("openai", "owen").usage().get(0).used()).isEqualTo(4);
    }

    @Test
    void aMoveToATierTakesThePlaceOfHisTierAndOfHisLimitsButNotOfThoseAtSingleProviders() {
        make(limiter.setUserTier("tina", "pro"));
        make(limiter.setUserTier("owen", "pro"));
        make(limiter.setUserTier("anybody", "free"));

        assertThat(limit("openai", "tina")).isEqualTo(100);
        assertThat(limit("openai", "owen")).isEqualTo(100);
        assertThat(limit("claude", "owen")).isEqualTo(3);
        assertThat(limit("openai", "anybody")).isEqualTo(10);
        assertThat(limit("claude", "anybody")).isEqualTo(5);
        make(limiter.clearUserRule("tina"));
        assertThat(limit("openai", "tina")).isEqualTo(10);
    }

    @Test
    void aMovedUserFollowsHisTiersRule() {
        make(limiter.setUserTier("tina", "pro"));

        make(limiter.setTierRule("pro", perMinute(200)));

        assertThat(limit("openai", "tina")).isEqualTo(200);
        make(limiter.clearTierRule("pro"));
        assertThat(limit("openai", "tina")).isEqualTo(100);
    }

    @Test
    void aTiersRuleIsForAllInItButKeepsItsRulesAtSingleProviders() {
        make(limiter.setTierRule("free", perMinute(11)));

        assertThat(limit("openai", "tina")).isEqualTo(11);
        assertThat(limit("claude", "tina")).isEqualTo(5);
        assertThat(limiter.rules().ruleFor(Key.of("openai", "named-by-a-token"), "free"))
                .isEqualTo(perMinute(11));
        make(limiter.clearTierRule("free"));
        assertThat(limit("openai", "tina")).isEqualTo(10);
    }

    @Test
    void aProvidersRuleIsForAllWithoutTheirOwn() {
        make(limiter.setProviderRule("openai", perMinute(61)));

        assertThat(limit("openai", "anybody")).isEqualTo(61);
        assertThat(limit("claude", "anybody")).isEqualTo(50);
        assertThat(limit("openai", "tina")).isEqualTo(10);
        assertThat(limiter.status("openai", null).blockOptional().orElseThrow().rule())
                .isEqualTo(perMinute(61));
        make(limiter.clearProviderRule("openai"));
        assertThat(limit("openai", "anybody")).isEqualTo(60);
    }

    @Test
    void nothingIsChangedBeforeSubscription() {
        limiter.setUserRule("owen", perMinute(7));

        assertThat(limiter.ruleStore().current()).isEqualTo(RuntimeRules.NONE);
    }

    @Test
    void clearingWhatIsNotSetMakesNoVersion() {
        make(limiter.clearUserRule("owen"));
        make(limiter.clearTierRule("free"));
        make(limiter.clearProviderRule("openai"));

        assertThat(limiter.ruleStore().current()).isEqualTo(RuntimeRules.NONE);
    }

    static Stream<Arguments> wrongCalls() {
        return Stream.of(
                wrong(it -> it.setUserTier("owen", "gold"), "unknown tier \"gold\""),
                wrong(it -> it.setTierRule("gold", perMinute(7)), "unknown tier \"gold\""),
                wrong(it -> it.setProviderRule("openia", perMinute(7)), "unknown provider \"openia\""),
                wrong(it -> it.setUserRule("owen", perMinute(0)), "requests-per-minute must be 1 to 2147483647, not 0"),
                wrong(
                        it -> it.setUserRule("owen", new Rule(7, null, null, 100_000_001)),
                        "burst-capacity must be 1 to 100000000, not 100000001"),
                wrong(
                        it -> it.setTierRule("free", new Rule(null, null, null, 7)),
                        "a rule needs at least one of requests-per-minute, requests-per-hour and requests-per-day"));
    }

    private static Arguments wrong(Function<ProviderRateLimiter, Mono<Void>> call, String message) {
        return Arguments.of(call, message);
    }

    @ParameterizedTest
    @MethodSource("wrongCalls")
    void whatConfigurationWouldRefuseIsRefusedAtOnce(Function<ProviderRateLimiter, Mono<Void>> call, String message) {
        assertThatThrownBy(() -> call.apply(limiter))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
        assertThat(limiter.ruleStore().current()).isEqualTo(RuntimeRules.NONE);
    }
}
