package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import java.net.http.HttpResponse;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is left of limits in a response that Spring's cache keeps for all callers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ResponseCacheTest {

    private final WireMockServer upstream = TestGateway.upstream();
    private final TestGateway gateway = TestGateway.start("""
            upstream: %s
            spring.cloud.gateway.server.webflux:
              filter.local-response-cache.enabled: true
              routes:
                - id: openai
                  uri: ${upstream}
                  predicates: [ Path=/** ]
                  filters:
                    - LocalResponseCache=5m
                    - ProviderRateLimit=openai
            """.formatted(upstream.baseUrl()));

    @AfterAll
    void stop() {
        gateway.close();
        upstream.stop();
    }

    @Test
    void nobodyIsShownAnotherCallersLimitsFromTheCache() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("the models")));

        HttpResponse<String> first = gateway.get("/models", "X-User-Id", "alice");
        HttpResponse<String> cached = gateway.get("/models", "X-User-Id", "bob");

        assertThat(first.headers().firstValue("x-ratelimit-remaining-requests")).contains("59");
        assertThat(first.headers().firstValue("RateLimit")).isPresent();
        assertThat(cached.body()).isEqualTo("the models");
        assertThat(cached.headers().map().keySet())
                .noneMatch(name -> name.toLowerCase(Locale.ROOT).contains("ratelimit"));
        upstream.verify(1, getRequestedFor(urlEqualTo("/models")));
    }
}
