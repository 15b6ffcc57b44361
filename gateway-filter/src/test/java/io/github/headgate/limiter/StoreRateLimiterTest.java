package io.github.headgate.limiter;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.local.LocalStore;
import io.github.headgate.rules.RuleBook;
import org.junit.jupiter.api.Test;
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
