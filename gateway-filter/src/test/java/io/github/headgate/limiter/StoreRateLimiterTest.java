package io.github.headgate.limiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.local.LocalStore;
import io.github.headgate.rules.RuleBook;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** When a decision is asked for, and by whom. */
class StoreRateLimiterTest {

    private static final Rule RULE = new Rule(2, 2, 2, null);

    private final LocalStore store = new LocalStore(10);
    private final StoreRateLimiter limiter = heardBy(DecisionListener.NONE);

    private StoreRateLimiter heardBy(DecisionListener listener) {
        return new StoreRateLimiter(store, RuleBook.builder(RULE).build(), 10, 10, Schedulers.parallel(), listener);
    }

    private int used() {
        return 2
                - store.usage(Key.of("any", "alice"), RULE)
                        .blockOptional()
                        .orElseThrow()
                        .get(0)
                        .remaining();
    }

    @Test
    void nothingIsAskedBeforeItIsDemanded() {
        StepVerifier.create(limiter.check("any", "alice"), 0)
                .then(() -> assertThat(used()).isZero())
                .thenRequest(1)
                .expectNextMatches(Decision::isGranted)
                .verifyComplete();

        assertThat(used()).isEqualTo(1);
    }

    @Test
    void whoLeavesBeforeDemandingIsNotCharged() {
        StepVerifier.create(limiter.check("any", "alice"), 0).thenCancel().verify();

        assertThat(used()).isZero();
    }

    @Test
    void eachSubscriberAsksAnew() {
        Mono<Decision> check = limiter.check("any", "alice");

        StepVerifier.create(Flux.concat(check, check, check).map(Decision::isGranted))
                .expectNext(true, true, false)
                .verifyComplete();
    }

    static List<Duration> impossibleWaits() {
        return List.of(
                Duration.ofNanos(-1),
                Duration.ofSeconds(60).plusNanos(1),
                Duration.ofDays(1),
                ChronoUnit.FOREVER.getDuration(),
                Duration.ofSeconds(Long.MIN_VALUE));
    }

    @ParameterizedTest
    @MethodSource("impossibleWaits")
    void aWaitOutOfItsRangeIsToldAtOnce(Duration wait) {
        Key key = Key.of("any", "alice");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.acquire(key, null, 1, wait))
                .withMessage("max-wait must be 0 to 60000 ms, not " + wait);
        assertThatIllegalArgumentException().isThrownBy(() -> limiter.shadow(key, null, 1, wait));
    }

    @Test
    void theLongestWaitIsInItsRange() {
        StepVerifier.create(limiter.acquire("any", "alice", Duration.ofSeconds(60)))
                .expectNextMatches(Decision::isGranted)
                .verifyComplete();
    }

    @Test
    void whatFailsOnTheWayToTheStoreIsAnError() {
        StoreRateLimiter broken = heardBy(new DecisionListener() {
            @Override
            public long asking() {
                throw new IllegalStateException("no clock");
            }
        });

        StepVerifier.create(broken.check("any", "alice")).verifyErrorMessage("no clock");
    }
}
