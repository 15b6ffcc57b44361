package io.github.headgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.local.LocalStore;
import io.github.headgate.rules.RuleBook;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class DecisionMetricsTest {

    private static final Rule BURST_OF_ONE = new Rule(60, 100, null, 1);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final DecisionMetrics metrics = new DecisionMetrics(registry, List.of("openai"));
    private final StoreRateLimiter limiter = new StoreRateLimiter(
            new LocalStore(100),
            RuleBook.builder(BURST_OF_ONE)
                    .provider("openai", BURST_OF_ONE, null)
                    .build(),
            10,
            10,
            time,
            metrics);

    @AfterEach
    void stop() {
        time.dispose();
    }

    private void check(String provider) {
        assertThat(limiter.check(provider, "alice").block(Duration.ofSeconds(10)))
                .isNotNull();
    }

    private CompletableFuture<Decision> wait(String user) {
        return limiter.acquire("openai", user, Duration.ofSeconds(30)).toFuture();
    }

    private double decisions(String... tags) {
        return registry.find("headgate.decisions").tags(tags).counters().stream()
                .mapToDouble(it -> it.count())
                .sum();
    }

    private Timer timer(String name) {
        return Objects.requireNonNull(registry.find(name).timer());
    }

    @Test
    void grantsAndDenialsAreCountedByWhatTheyHit() {
        check("openai");
        check("openai");
        check("openai");

        assertThat(decisions("provider", "openai", "outcome", "granted", "limit", "none", "store", "local"))
                .isEqualTo(1);
        assertThat(decisions("provider", "openai", "outcome", "denied", "limit", "burst", "store", "local"))
                .isEqualTo(2);
        assertThat(decisions()).isEqualTo(3);
        assertThat(timer("headgate.decision.time").count()).isEqualTo(3);
    }

    @Test
    void waiterIsCountedWhenItsWaitIsOver() {
        check("openai");
        CompletableFuture<Decision> waiter = wait("alice");

        assertThat(decisions("outcome", "waited")).isZero();
        time.advanceTimeBy(Duration.ofSeconds(2));

        assertThat(waiter).isCompleted();
        assertThat(decisions("outcome", "waited", "limit", "none")).isEqualTo(1);
        assertThat(decisions()).isEqualTo(2);
        Timer waits = timer("headgate.wait.time");
        assertThat(waits.count()).isEqualTo(1);
        assertThat(waits.totalTime(TimeUnit.MILLISECONDS)).isBetween(1.0, 1_000.0);
    }

    @Test
    void waiterThatLeavesIsNotCounted() {
        check("openai");
        CompletableFuture<Decision> waiter = wait("alice");
        waiter.cancel(true);
        time.advanceTimeBy(Duration.ofSeconds(2));

        assertThat(decisions()).isEqualTo(1);
        assertThat(registry.find("headgate.wait.time").timer()).isNull();
        assertThat(timer("headgate.decision.time").count()).isEqualTo(2);
    }

    @Test
    void providersThatNobodyKnowsAreOneSeries() {
        for (int i = 0; i < 20; i++) {
            check("invented-" + i);
        }

        assertThat(decisions("provider", "other", "outcome", "granted")).isEqualTo(20);
        assertThat(registry.find("headgate.decisions").counters()).hasSize(1);
    }

    @Test
    void denialThatWasRememberedIsOfTheSharedStoreAndCountedApart() {
        metrics.told(request(), denied(Decision.Reason.OVER_LIMIT), Origin.SHARED);
        metrics.told(request(), denied(Decision.Reason.OVER_LIMIT), Origin.REMEMBERED);

        assertThat(decisions("outcome", "denied", "limit", "minute", "store", "shared"))
                .isEqualTo(2);
        assertThat(registry.get("headgate.denied.without.call")
                        .tag("provider", "openai")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void denialBecauseNobodyCouldCheckHitNoLimit() {
        metrics.told(request(), denied(Decision.Reason.STORE_UNAVAILABLE), Origin.LOCAL);

        assertThat(decisions("outcome", "denied", "limit", "none", "store", "local"))
                .isEqualTo(1);
    }

    private static LimitRequest request() {
        return new LimitRequest(Key.of("openai", "alice"), BURST_OF_ONE, 1, 0);
    }

    private static Decision denied(Decision.Reason reason) {
        return new Decision.Denied(List.of(), LimitKind.MINUTE, 1, 1_000L, reason);
    }
}
