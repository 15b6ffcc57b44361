package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreState;
import io.github.headgate.testing.TestRedis;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.assertj.AssertableReactiveWebApplicationContext;
import org.springframework.boot.test.context.runner.ContextConsumer;

/** A Redis that is not there, or does not answer, when an application starts or ends. */
class RedisAtStartUpTest {

    /** How long the start took, what happens then left out, and how long the end. */
    private record Took(Duration start, Duration end) {}

    private static Took run(String url, ContextConsumer<AssertableReactiveWebApplicationContext> meanwhile) {
        AtomicLong started = new AtomicLong();
        AtomicLong ending = new AtomicLong();
        long begin = System.nanoTime();
        StartUp.runner().withPropertyValues("spring.data.redis.url=" + url).run(context -> {
            started.set(System.nanoTime());
            assertThat(context).hasNotFailed();
            meanwhile.accept(context);
            ending.set(System.nanoTime());
        });
        return new Took(Duration.ofNanos(started.get() - begin), Duration.ofNanos(System.nanoTime() - ending.get()));
    }

    /** How long a start takes with a Redis that answers, once the classes are loaded. */
    private static Duration usualStart(TestRedis server) {
        run(server.url(), context -> assertThat(isShared(context)).isTrue());
        return run(server.url(), context -> {}).start();
    }

    private static boolean isShared(AssertableReactiveWebApplicationContext context) {
        return context.getBean(FailoverStore.class).state().mode() == StoreState.Mode.SHARED;
    }

    @Test
    void aRedisThatIsDownDelaysNothingAndIsUsedAsSoonAsItIsThere() {
        try (TestRedis server = TestRedis.start()) {
            Duration usual = usualStart(server);
            server.kill();

            Took took = run(server.url(), context -> {
                assertThat(isShared(context)).isFalse();
                assertThat(context.getBean(ProviderRateLimiter.class)
                                .check("any", "alice")
                                .block(Duration.ofSeconds(1)))
                        .isNotNull();
                server.restart();
                await().atMost(Duration.ofSeconds(5)).until(() -> isShared(context));
            });

            assertThat(took.start()).isLessThan(usual.plusMillis(1_500));
        }
    }

    @Test
    void aFrozenRedisDelaysTheStartByTwoSecondsAtMostAndTheEndHardly() {
        try (TestRedis server = TestRedis.start()) {
            Duration usual = usualStart(server);
            server.freeze();

            Took took =
                    run(server.url(), context -> assertThat(isShared(context)).isFalse());

            assertThat(took.start()).isLessThan(usual.plusMillis(3_000));
            assertThat(took.end()).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void anApplicationClosesThoughItsRedisHasFrozen() {
        try (TestRedis server = TestRedis.start()) {
            Took took = run(server.url(), context -> {
                assertThat(isShared(context)).isTrue();
                server.freeze();
                context.getBean(ProviderRateLimiter.class).check("any", "alice").block(Duration.ofSeconds(1));
            });

            assertThat(took.end()).isLessThan(Duration.ofSeconds(5));
        }
    }
}
