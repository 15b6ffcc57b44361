package io.github.headgate.limiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.LimitStore;
import io.github.headgate.Rule;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.redis.RedisStore;
import io.github.headgate.rules.RuleBook;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.netty.util.HashedWheelTimer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** Thousands that wait at once, on real time and the schedulers that production has. */
class ManyWaitersTest {

    private static final int WAITERS = 5_000;
    private static final Rule ONE_IN_FOUR_SECONDS = new Rule(15, null, null, 1);

    @Test
    void fiveThousandWaitersOfTheLocalStoreHoldNoThread() {
        waitersHoldNoThread(new LocalStore(10_000));
    }

    @Test
    void fiveThousandWaitersOfRedisHoldNoThread() {
        HashedWheelTimer timer = new HashedWheelTimer();
        TestRedis server = TestRedis.start();
        RedisClient client = server.client();
        try (server;
                RedisLink link = new RedisLink(client, "waiters")) {
            link.start(Duration.ofSeconds(10));
            waitersHoldNoThread(new RedisStore(link, timer, Duration.ofSeconds(10)));
        } finally {
            client.shutdown();
            timer.stop();
        }
    }

    private static void waitersHoldNoThread(LimitStore store) {
        StoreRateLimiter limiter = new StoreRateLimiter(
                store, RuleBook.builder(ONE_IN_FOUR_SECONDS).build(), WAITERS, 1, Schedulers.parallel());
        assertThat(Flux.range(0, WAITERS)
                        .flatMap(i -> limiter.check("any", "user-" + i), 256)
                        .filter(Decision::isGranted)
                        .count()
                        .block(Duration.ofSeconds(30)))
                .isEqualTo(WAITERS);
        // A scheduler or a server's other tests may start a few of their own meanwhile.
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        long begin = System.nanoTime();

        List<CompletableFuture<Decision>> waiters = IntStream.range(0, WAITERS)
                .mapToObj(i -> limiter.acquire("any", "user-" + i, Duration.ofSeconds(10))
                        .toFuture())
                .toList();

        await().pollInterval(Duration.ofMillis(5)).until(() -> limiter.waiting() == WAITERS);
        assertThat(ManagementFactory.getThreadMXBean().getThreadCount()).isLessThan(threads + 20);
        Decision impatient =
                limiter.acquire("any", "user-7", Duration.ofSeconds(1)).block(Duration.ofSeconds(10));
        assertThat(impatient)
                .isInstanceOfSatisfying(
                        Denied.class, denied -> assertThat(denied.retryAfter()).isPositive());
        CompletableFuture.allOf(waiters.toArray(CompletableFuture[]::new)).join();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(8));
        assertThat(waiters)
                .allSatisfy(waiter -> assertThat(waiter.join())
                        .isInstanceOfSatisfying(
                                Granted.class,
                                granted -> assertThat(granted.delay())
                                        .isBetween(Duration.ofMillis(1), Duration.ofSeconds(4))));
        assertThat(limiter.waiting()).isZero();
    }
}
