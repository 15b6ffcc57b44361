package io.github.headgate.gateway;

import static io.github.headgate.gateway.RateLimitsEndpointTest.client;
import static io.github.headgate.gateway.RateLimitsEndpointTest.exposed;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.testing.TestRedis;
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
