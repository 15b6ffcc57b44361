package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.testing.TestRedis;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A Redis that is killed and back without its data before a single call has failed. */
class BackEmptyAtOnceTest {

    /** It was: granted anew until the next announcement of the gateway, up to a second. */
    @Test
    void grantsNothingAnew() {
        WireMockServer upstream = TestGateway.upstream();
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
        try (TestRedis redis = TestRedis.start();
                TestGateway gateway =
                        TestGateway.start("""
                        spring.data.redis.url: %s
                        headgate:
                          redis: { timeout: 5s }
                          providers:
                            openai: { requests-per-minute: 20 }
                        """.formatted(redis.url()) + TestGateway.routes(upstream, "openai"))) {
            assertThat(ask(gateway, 15)).containsOnly(200);

            redis.kill();
            redis.restart();

            assertThat(ask(gateway, 20)).filteredOn(status -> status == 200).hasSize(5);
        } finally {
            upstream.stop();
        }
    }

    private static List<Integer> ask(TestGateway gateway, int times) {
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            statuses.add(gateway.get("/openai/chat", "X-User-Id", "alice").statusCode());
        }
        return statuses;
    }
}
