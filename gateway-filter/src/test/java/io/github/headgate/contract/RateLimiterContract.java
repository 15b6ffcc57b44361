package io.github.headgate.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.KeyStatus;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitStore;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.rules.RuleBook;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What the limiter promises over every store. Time, the store's and the waiters', passes only when a test says so. */
public abstract class RateLimiterContract {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Rule ONE_A_SECOND = new Rule(60, null, null, 1);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final CountingStore store =
            new CountingStore(store(() -> 1_700_000_000_000_000L + time.now(TimeUnit.MICROSECONDS)));
    private final String provider = "p" + System.nanoTime();

    /** A store without any usage. */
    protected abstract LimitStore store(LongSupplier micros);

    private static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2));
    }

    private StoreRateLimiter limiter(Rule rule) {
        return limiter(rule, 10_000, 100);
    }

    private StoreRateLimiter limiter(Rule rule, int maxWaiting, int maxWaitingPerKey) {
        return new StoreRateLimiter(store, RuleBook.builder(rule).build(), maxWaiting, maxWaitingPerKey, time);
    }

    private Decision check(StoreRateLimiter limiter, String user) {
        return Objects.requireNonNull(limiter.check(provider, user).block(Duration.ofSeconds(20)));
    }

    /** Starts waiting, and returns when the store has answered. */
    private CompletableFuture<Decision> waiter(StoreRateLimiter limiter, String user) {
        int waiting = limiter.waiting();
        CompletableFuture<Decision> decision =
                limiter.acquire(provider, user, MINUTE).toFuture();
        soon().until(() -> decision.isDone() || limiter.waiting() > waiting);
        return decision;
    }

    @Test
    void fiftyCallersAreReleasedInOrderAtThePaceOfTheRuleWithOneStoreCallEach() {
        StoreRateLimiter limiter = limiter(ONE_A_SECOND);
        List<Integer> released = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            int number = i;
            callers.add(waiter(limiter, "alice").thenAccept(decision -> released.add(number)));
        }

        for (int second = 0; second < 50; second++) {
            assertThat(released)
                    .as("after %d s", second)
                    .hasSize(second + 1)
                    .last()
                    .isEqualTo(second);
            time.advanceTimeBy(Duration.ofMillis(999));
            assertThat(released).as("after %d.999 s", second).hasSize(second + 1);
            time.advanceTimeBy(Duration.ofMillis(1));
        }

        assertThat(callers).allMatch(CompletableFuture::isDone);
        assertThat(store.decisions).hasValue(50);
        assertThat(limiter.waiting()).isZero();
    }

    @Test
    void aCallerThatWouldWaitTooLongIsDeniedAtOnceAndToldWhenItWouldNotBe() {
        StoreRateLimiter limiter = limiter(ONE_A_SECOND);
        for (int i = 0; i < 6; i++) {
            var unused = waiter(limiter, "alice");
        }

        Decision decision =
                limiter.acquire(provider, "alice", Duration.ofSeconds(4)).block(Duration.ofSeconds(20));

        assertThat(decision).isInstanceOfSatisfying(Denied.class, denied -> {
            assertThat(denied.retryAfter()).isEqualTo(Duration.ofSeconds(2));
            assertThat(denied.hit()).isEqualTo(LimitKind.BURST);
        });
    }

    @Test
    void aWaiterThatLeavesGivesItsPermitBackAndThoseBehindKeepTheirPlace() {
        StoreRateLimiter limiter = limiter(ONE_A_SECOND);
        check(limiter, "alice");
        CompletableFuture<Decision> first = waiter(limiter, "alice");
        Disposable leaving = limiter.acquire(provider, "alice", MINUTE).subscribe();
        soon().until(() -> limiter.waiting() == 2);
        CompletableFuture<Decision> third = waiter(limiter, "alice");

        leaving.dispose();

        assertThat(limiter.waiting()).isEqualTo(2);
        soon().until(() -> used(limiter, "alice") == 3);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(first).isDone();
        time.advanceTimeBy(Duration.ofMillis(1_999));
        assertThat(third).isNotDone();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(third).isDone();
    }

    @Test
    void whenTheLastWaiterLeavesTheNextTakesItsPlace() {
        StoreRateLimiter limiter = limiter(ONE_A_SECOND);
        check(limiter, "alice");
        var unused = waiter(limiter, "alice");
        Disposable leaving = limiter.acquire(provider, "alice", MINUTE).subscribe();
        soon().until(() -> limiter.waiting() == 2);
        leaving.dispose();
        soon().until(() -> used(limiter, "alice") == 2);

        CompletableFuture<Decision> next = waiter(limiter, "alice");

        // At 2 s, rounded up to the end of a slot.
        time.advanceTimeBy(Duration.ofSeconds(3));
        assertThat(next).isDone();
    }

    private int used(StoreRateLimiter limiter, String user) {
        KeyStatus status = Objects.requireNonNull(limiter.status(provider, user).block(Duration.ofSeconds(20)));
        return status.usage().get(0).used();
    }

    @Test
    void aGrantedRequestIsGivenBackOnceHoweverOftenItIsAskedFor() {
        StoreRateLimiter limiter = limiter(new Rule(5, null, null, null));
        check(limiter, "alice");
        Granted granted = (Granted) check(limiter, "alice");

        limiter.giveBack(granted);
        limiter.giveBack(granted);

        soon().until(() -> used(limiter, "alice") == 1);
        assertThat(store.refunds).hasValue(1);
    }

    @Test
    void noMoreThanTheBoundWaitForAKeyAndTheRestAreDeniedAtOnce() {
        StoreRateLimiter limiter = limiter(ONE_A_SECOND, 10_000, 3);
        check(limiter, "alice");
        for (int i = 0; i < 3; i++) {
            var unused = waiter(limiter, "alice");
        }

        Decision fourth = waiter(limiter, "alice").join();
        CompletableFuture<Decision> other = waiter(limiter, "bob");

        assertThat(fourth)
                .isInstanceOfSatisfying(
                        Denied.class, denied -> assertThat(denied.retryAfter()).isEqualTo(Duration.ofSeconds(4)));
        assertThat(other.join()).isInstanceOf(Granted.class);
        assertThat(limiter.waiting()).isEqualTo(3);
    }

    @Test
    void noMoreThanTheBoundWaitAtTheGatewayAndTheRestAreDeniedAtOnce() {
        StoreRateLimiter limiter = limiter(ONE_A_SECOND, 3, 100);
        for (String user : List.of("a", "b", "c", "d")) {
            check(limiter, user);
        }
        for (String user : List.of("a", "b", "c")) {
            var unused = waiter(limiter, user);
        }

        assertThat(waiter(limiter, "d").join()).isInstanceOf(Denied.class);
        assertThat(limiter.waiting()).isEqualTo(3);
    }

    @Test
    void aHundredAndFiftyAtOnceLeaveAHundredWaiting() {
        StoreRateLimiter limiter = limiter(new Rule(6_000, null, null, 1), 10_000, 100);

        List<CompletableFuture<Decision>> callers = new ArrayList<>();
        for (int i = 0; i < 151; i++) {
            callers.add(limiter.acquire(provider, "alice", MINUTE).toFuture());
        }

        soon().until(() -> callers.stream().filter(CompletableFuture::isDone).count() == 51);
        assertThat(limiter.waiting()).isEqualTo(100);
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(callers).allMatch(CompletableFuture::isDone);
        assertThat(callers.stream().filter(caller -> caller.join().isGranted())).hasSize(101);
    }

    @Test
    void twoThousandConcurrentChecksThroughTwoLimitersGrantExactlyTheLimit() {
        List<StoreRateLimiter> gateways =
                List.of(limiter(new Rule(100, 1_000, 10_000, 100)), limiter(new Rule(100, 1_000, 10_000, 100)));

        Long granted = Flux.range(0, 2_000)
                .flatMap(
                        i -> Mono.defer(() -> gateways.get(i % 2).check(provider, "alice"))
                                .subscribeOn(Schedulers.boundedElastic()),
                        256)
                .filter(Decision::isGranted)
                .count()
                .block(Duration.ofSeconds(60));

        assertThat(granted).isEqualTo(100);
    }

    @Test
    void waitersKeepTheirOrderAcrossTwoGateways() {
        List<StoreRateLimiter> gateways = List.of(limiter(ONE_A_SECOND), limiter(ONE_A_SECOND));
        List<Integer> released = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 20; i++) {
            int number = i;
            var unused = waiter(gateways.get(i % 2), "alice").thenAccept(decision -> released.add(number));
        }

        time.advanceTimeBy(Duration.ofSeconds(20));

        assertThat(released).hasSize(20).isSorted();
    }

    @Test
    void aCheckDoesNotOvertakeThoseWhoWait() {
        StoreRateLimiter limiter = limiter(new Rule(60, null, null, 5));
        Granted five = (Granted)
                Objects.requireNonNull(limiter.check(provider, "alice", 5).block(Duration.ofSeconds(20)));
        assertThat(five.delayMillis()).isZero();
        CompletableFuture<Decision> four =
                limiter.acquire(provider, "alice", 4, MINUTE).toFuture();
        soon().until(() -> limiter.waiting() == 1);

        time.advanceTimeBy(Duration.ofSeconds(2));

        assertThat(check(limiter, "alice")).isInstanceOf(Denied.class);
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(four).isDone();
    }

    @Test
    void aNewRuleKeepsTheUsageAndAWindowItAddsStartsEmpty() {
        StoreRateLimiter limiter = limiter(new Rule(10, null, null, null));
        for (int i = 0; i < 6; i++) {
            check(limiter, "alice");
        }

        limiter.setUserRule("alice", new Rule(8, 100, null, null)).block();

        assertThat(check(limiter, "alice")).isInstanceOfSatisfying(Granted.class, granted -> {
            assertThat(granted.usage().get(0).remaining()).isEqualTo(1);
            assertThat(granted.usage().get(1).remaining()).isEqualTo(99);
        });
        limiter.clearUserRule("alice").block();
        assertThat(check(limiter, "alice"))
                .isInstanceOfSatisfying(
                        Granted.class,
                        granted ->
                                assertThat(granted.usage().get(0).remaining()).isEqualTo(2));
    }

    @Test
    void statusTellsUsageAndChangesNothing() {
        StoreRateLimiter limiter = limiter(Rule.of(3, 30, 300, 2));
        check(limiter, "alice");
        check(limiter, "alice");

        KeyStatus first = limiter.status(provider, "alice").blockOptional().orElseThrow();
        KeyStatus second = limiter.status(provider, "alice").blockOptional().orElseThrow();

        assertThat(first).isEqualTo(second);
        assertThat(first.key()).isEqualTo(new Key(provider, UserId.of("alice")));
        assertThat(first.limited()).isTrue();
        assertThat(first.usage())
                .extracting("kind", "limit", "remaining")
                .containsExactly(
                        tuple(LimitKind.MINUTE, 3, 1),
                        tuple(LimitKind.HOUR, 30, 28),
                        tuple(LimitKind.DAY, 300, 298),
                        tuple(LimitKind.BURST, 2, 0));
        assertThat(first.usage().get(3).nextPermit()).isEqualTo(Duration.ofSeconds(20));
        assertThat(first.usage().get(3).reset()).isEqualTo(Duration.ofSeconds(40));
    }

    @Test
    void aResetForgetsAndALateRefundTakesNothingChargedSince() {
        StoreRateLimiter limiter = limiter(new Rule(5, null, null, null));
        Granted before = (Granted) check(limiter, "alice");
        limiter.reset(provider, "alice").block(Duration.ofSeconds(20));
        assertThat(used(limiter, "alice")).isZero();
        time.advanceTimeBy(Duration.ofMillis(1));
        check(limiter, "alice");

        limiter.giveBack(before);

        assertThat(used(limiter, "alice")).isEqualTo(1);
        check(limiter, "alice");
        assertThat(used(limiter, "alice")).isEqualTo(2);
    }

    @Test
    void aRequestThatCanNeverFitIsDeniedWithoutARetryAfter() {
        StoreRateLimiter limiter = limiter(Rule.of(10, 100, 1_000, 3));

        Decision decision = limiter.check(provider, "alice", 4).block(Duration.ofSeconds(20));

        assertThat(decision).isInstanceOfSatisfying(Denied.class, denied -> {
            assertThat(denied.retryAfter()).isNull();
            assertThat(denied.hit()).isEqualTo(LimitKind.BURST);
            assertThat(denied.reason()).isEqualTo(Decision.Reason.NEVER_FITS);
        });
    }

    @Test
    void theProviderWideKeyIsOneOfItsOwn() {
        StoreRateLimiter limiter = limiter(new Rule(1, null, null, null));

        assertThat(limiter.check(provider, null).block()).isInstanceOf(Granted.class);
        assertThat(limiter.check(provider, null).block()).isInstanceOf(Denied.class);
        assertThat(check(limiter, "alice")).isInstanceOf(Granted.class);
    }
}
