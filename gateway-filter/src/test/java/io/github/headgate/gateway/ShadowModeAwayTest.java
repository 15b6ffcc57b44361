package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/** Shadow mode while nothing can be decided. */
class ShadowModeAwayTest {

    @Test
    void requestThatNoStoreDecidesOnGoes() {
        WireMockServer upstream = TestGateway.upstream();
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
        try (TestGateway gateway = TestGateway.start("""
                spring.data.redis.url: redis://127.0.0.1:1
                headgate:
                  redis.on-failure: deny
                  providers:
                    openai: { shadow: true }
                """ + TestGateway.routes(upstream, "openai", "claude"))) {
            HttpResponse<String> tried = gateway.get("/openai/chat", "X-User-Id", "alice");
            HttpResponse<String> meant = gateway.get("/claude/chat", "X-User-Id", "alice");

            assertThat(meant.statusCode()).isEqualTo(429);
            assertThat(tried.statusCode()).isEqualTo(200);
            assertThat(tried.body()).isEqualTo("fine");
            assertThat(tried.headers().allValues("x-headgate-shadow"))
                    .containsExactly("denied; reason=store-unavailable; retry-after-ms=1000");
        } finally {
            upstream.stop();
        }
    }
}
