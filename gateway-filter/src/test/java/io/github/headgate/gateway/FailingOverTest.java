package io.github.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.testing.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two gateways on one Redis that fails in many ways, and comes back, while callers go on calling. */
@TestMethodOrder(OrderAnnotation.class)
class FailingOverTest {

    private static final TestRedis redis = TestRedis.start();
    private static Pair gateways;

    @BeforeAll
    static void startTwo() {
        gateways = new Pair(redis.url());
    }

    @AfterAll
    static void stop() {
        gateways.close();
        redis.close();
    }

    @Order(1)
    @ParameterizedTest
    @EnumSource
    void callersNoticeNothingButTheLimits(Fault fault) {
        gateways.failsOver(fault, () -> fault.begin(redis), () -> fault.end(redis));
    }

    /** The last: its gateway takes a share, and to close it would take the others' HTTP with it. */
    @Order(2)
    @Test
    void gatewayThatStartsBeforeItsRedisMovesToItWhenItComes() {
        redis.kill();
        long begin = System.nanoTime();

        try (TestGateway gateway = gateways.start()) {
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .as("as long as with a Redis, give or take a busy machine")
                    .isLessThan(Duration.ofSeconds(10));
            Pair.awaitDecisions("local", gateway);
            assertThat(gateway.get("/openai/chat", "X-User-Id", "early").statusCode())
                    .isEqualTo(200);

            redis.restart();

            long returned = System.nanoTime();
            Pair.awaitDecisions("shared", gateway);
            assertThat(Duration.ofNanos(System.nanoTime() - returned)).isLessThan(Duration.ofSeconds(2));
            assertThat(gateway.used("openai", "early")).isEqualTo(1);
        }
    }
}
