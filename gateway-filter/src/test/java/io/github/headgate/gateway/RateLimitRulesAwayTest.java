package io.github.headgate.gateway;

import static io.github.headgate.gateway.RateLimitRulesEndpointTest.json;
import static io.github.headgate.gateway.RateLimitRulesEndpointTest.rules;
import static io.github.headgate.gateway.RateLimitRulesEndpointTest.send;
import static io.github.headgate.gateway.RateLimitRulesEndpointTest.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.testing.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code /actuator/ratelimitrules} of gateways whose Redis dies, and of gateways without one. */
class RateLimitRulesAwayTest {

    @Test
    void lastKnownRulesApplyWithoutRedisAndComeBackToAnEmptyOne() {
        try (TestRedis mortal = TestRedis.start();
                TestGateway gateway = start("spring.data.redis.url: " + mortal.url())) {
            JsonNode made = json(send(gateway, "POST", "/users/kim", "{\"requestsPerMinute\": 7}"), 200);

            mortal.kill();

            json(send(gateway, "POST", "/users/kim", "{\"requestsPerMinute\": 8}"), 503);
            assertThat(gateway.status("openai", "kim").rule().requestsPerMinute())
                    .isEqualTo(7);
            mortal.restart();
            var client = mortal.client();
            try (var connection = client.connect()) {
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> connection.sync().exists("rate_limit:{.rules}") == 1);
            } finally {
                client.shutdown();
            }
            try (TestGateway late = start("spring.data.redis.url: " + mortal.url())) {
                assertThat(rules(late).get("version")).isEqualTo(made.get("version"));
                assertThat(late.status("openai", "kim").rule().requestsPerMinute())
                        .isEqualTo(7);
            }
        }
    }

    /** As another gateway would leave it whose message got lost. */
    @Test
    void aChangeThatNobodyTellsOfIsReadWithinASecond() {
        try (TestRedis redis = TestRedis.start();
                TestGateway gateway = start("spring.data.redis.url: " + redis.url())) {
            json(send(gateway, "POST", "/users/kim", "{\"requestsPerMinute\": 7}"), 200);
            var client = redis.client();
            try (var connection = client.connect()) {
                String stored = connection.sync().get("rate_limit:{.rules}");
                String changed = stored.replaceFirst("^1 ", "2 ")
                        .replace("\"version\":1", "\"version\":2")
                        .replace("\"requestsPerMinute\":7", "\"requestsPerMinute\":9");

                connection.sync().set("rate_limit:{.rules}", changed);

                await().atMost(Duration.ofSeconds(1))
                        .until(() -> Integer.valueOf(9)
                                .equals(gateway.status("openai", "kim").rule().requestsPerMinute()));
            } finally {
                client.shutdown();
            }
        }
    }

    @Test
    void withoutRedisRulesLiveInMemory() {
        try (TestGateway alone = start("")) {
            json(send(alone, "POST", "/users/mia", "{\"requestsPerMinute\": 7, \"version\": 0}"), 200);
            json(send(alone, "DELETE", "/users/mia", "{\"version\": 0}"), 409);

            assertThat(rules(alone).get("store").asString()).isEqualTo("memory");
            assertThat(alone.status("openai", "mia").rule().requestsPerMinute()).isEqualTo(7);
        }
    }

    @Test
    void isNotThereUnlessExposed() {
        try (TestGateway plain = TestGateway.start("")) {
            assertThat(send(plain, "GET", "", "").statusCode()).isEqualTo(404);
        }
    }
}
