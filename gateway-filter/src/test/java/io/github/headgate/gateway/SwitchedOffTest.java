package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.route.builder.RouteLocatorBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** A gateway whose Headgate is switched off in an emergency, with everything else as it was. */
@ExtendWith(OutputCaptureExtension.class)
class SwitchedOffTest {

    @Test
    void routesThatNameTheFilterWorkWithoutLimits(CapturedOutput output) {
        WireMockServer upstream = TestGateway.upstream();
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine").withHeader("x-ratelimit-remaining-requests", "7")));
        try (TestGateway gateway = TestGateway.start("""
                upstream: %1$s
                headgate:
                  enabled: false
                  store: redis
                  default-rule: { requests-per-minute: 1 }
                  providers: { openai: { requests-per-minute: 1 } }
                spring.cloud.gateway.server.webflux:
                  default-filters: [ ProviderRateLimit=openai ]
                  routes:
                    - id: openai
                      uri: ${upstream}
                      predicates: [ Path=/yaml ]
                      filters:
                        - name: ProviderRateLimit
                          args: { provider: openai, user: "claim:sub", mode: wait, max-wait: 20s }
                """.replace("%1$s", upstream.baseUrl()), JavaRoute.class)) {
            for (String path : new String[] {"/yaml", "/yaml", "/java", "/java"}) {
                HttpResponse<String> answer = gateway.get(path);

                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().allValues("x-ratelimit-remaining-requests"))
                        .containsExactly("7");
            }
            assertThat(output)
                    .contains("WARN")
                    .containsOnlyOnce("Headgate is switched off by headgate.enabled: ProviderRateLimit lets every"
                            + " request pass, uncounted");
        } finally {
            upstream.stop();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class JavaRoute {

        @Bean
        RouteLocator routeInJava(
                RouteLocatorBuilder builder, ProviderRateLimitGatewayFilterFactory limit, Environment environment) {
            return builder.routes()
                    .route(route -> route.path("/java")
                            .filters(filters -> filters.filter(limit.apply(config -> config.setProvider("openai"))))
                            .uri(environment.getRequiredProperty("upstream")))
                    .build();
        }
    }
}
