package io.github.headgate.gateway;

import static io.github.headgate.gateway.RateLimitsEndpointTest.client;
import static io.github.headgate.gateway.RateLimitsEndpointTest.exposed;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code /actuator/ratelimits} of gateways that differ. */
class RateLimitsEndpointWiringTest {

    @Test
    void isNotThereUnlessExposed() {
        try (TestGateway plain = TestGateway.start("")) {
            client(plain)
                    .get()
                    .uri("/actuator/ratelimits")
                    .exchange()
                    .expectStatus()
                    .isNotFound();
            assertThat(plain.context().containsBean("rateLimitsEndpoint")).isFalse();
        }
    }

    @Test
    void readingAKeyIsOneCallThatWritesNothing() {
        try (TestRedis redis = TestRedis.start();
                TestGateway shared = exposed("spring.data.redis.url: " + redis.url())) {
            shared.limiter().check("my-route", "alice").block(Duration.ofSeconds(10));
            RedisClient own = redis.client();
            try (var connection = own.connect()) {
                String before = connection.sync().get("rate_limit:{my-route:alice}");
                connection.sync().configResetstat();

                for (String key : List.of("openai/alice", "openai", "my-route/alice")) {
                    client(shared)
                            .get()
                            .uri("/actuator/ratelimits/" + key)
                            .exchange()
                            .expectStatus()
                            .isOk();
                }

                assertThat(connection.sync().info("commandstats")).contains("cmdstat_evalsha:calls=3,");
                assertThat(connection.sync().get("rate_limit:{my-route:alice}")).isEqualTo(before);
                assertThat(connection.sync().exists("rate_limit:{openai:alice}", "rate_limit:{openai}"))
                        .isZero();
            } finally {
                own.shutdown();
            }
        }
    }

    @Test
    void overviewOfASharedStoreHasItsBreaker() {
        try (TestRedis redis = TestRedis.start();
                TestGateway shared = exposed("spring.data.redis.url: " + redis.url())) {
            client(shared)
                    .get()
                    .uri("/actuator/ratelimits")
                    .exchange()
                    .expectStatus()
                    .isOk()
                    .expectBody()
                    .jsonPath("$.store.configured")
                    .isEqualTo("redis")
                    .jsonPath("$.store.decisions")
                    .isEqualTo("shared")
                    .jsonPath("$.store.breaker")
                    .isEqualTo("closed")
                    .jsonPath("$.store.pendingCharges")
                    .isEqualTo(0)
                    .jsonPath("$.store.failovers")
                    .isEqualTo(0);
        }
    }
}
