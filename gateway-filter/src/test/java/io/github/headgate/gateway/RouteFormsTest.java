package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.filter.Mode;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory.Config;
import io.github.headgate.http.Dialect;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.route.builder.RouteLocatorBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Every way to put the filter on a route, and several of them on one, in a real gateway; counts are the limiter's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RouteFormsTest {

    private static final AtomicInteger USERS = new AtomicInteger();

    private final WireMockServer upstream = TestGateway.upstream();
    private final TestGateway gateway = TestGateway.start("""
            upstream: %1$s
            headgate:
              providers:
                openai: { requests-per-minute: 20 }
                claude: { requests-per-minute: 2 }
                mine: { requests-per-minute: 5, dialect: anthropic }
            spring.cloud.gateway.server.webflux.routes:
              - id: short
                uri: ${upstream}
                predicates: [ Path=/short/** ]
                filters: [ ProviderRateLimit=openai ]
              - id: long
                uri: ${upstream}
                predicates: [ Path=/long/** ]
                filters:
                  - name: ProviderRateLimit
                    args:
                      provider: openai
                      user: [ "header:X-Tenant", "header:X-User-Id" ]
                      permits: 3
              - id: metadata
                uri: ${upstream}
                metadata: { provider: mine }
                predicates: [ Path=/metadata/** ]
                filters: [ ProviderRateLimit ]
              - id: deepseek
                uri: ${upstream}
                predicates: [ Path=/id/** ]
                filters: [ ProviderRateLimit ]
              - id: twice
                uri: ${upstream}
                predicates: [ Path=/twice/** ]
                filters: [ ProviderRateLimit=openai, ProviderRateLimit=openai ]
              - id: both
                uri: ${upstream}
                predicates: [ Path=/both/** ]
                filters: [ ProviderRateLimit=openai, ProviderRateLimit=claude ]
              - id: quiet
                uri: ${upstream}
                predicates: [ Path=/quiet/** ]
                filters:
                  - name: ProviderRateLimit
                    args: { provider: openai, headers: false }
              - id: problem
                uri: ${upstream}
                predicates: [ Path=/problem/** ]
                filters:
                  - name: ProviderRateLimit
                    args: { provider: claude, dialect: problem }
              - id: whole
                uri: ${upstream}
                predicates: [ Path=/never/** ]
                filters:
                  - name: ProviderRateLimit
                    args: { provider: claude, permits: 3 }
            """.replace("%1$s", upstream.baseUrl()), JavaRoutes.class);

    RouteFormsTest() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine").withHeader("x-ratelimit-limit-tokens", "9")));
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.stop();
    }

    /** The route of an application that prefers Java. */
    @Configuration(proxyBeanMethods = false)
    static class JavaRoutes {

        @Bean
        RouteLocator routesInJava(
                RouteLocatorBuilder builder, ProviderRateLimitGatewayFilterFactory limit, Environment environment) {
            Config config = new Config();
            config.setProvider("mine");
            config.setUser(List.of("header:X-Tenant"));
            config.setMode(Mode.WAIT);
            config.setMaxWait(Duration.ofMillis(1));
            config.setDialect(Dialect.OPENAI);
            config.setPermits(5);
            String uri = environment.getRequiredProperty("upstream");
            return builder.routes()
                    .route(
                            "in-java",
                            route -> route.path("/java/**")
                                    .filters(filters -> filters.filter(limit.apply(config)))
                                    .uri(uri))
                    .route(
                            "glm",
                            route -> route.path("/consumer/**")
                                    .filters(filters ->
                                            filters.filter(limit.apply((Config other) -> other.setPermits(2))))
                                    .uri(uri))
                    .build();
        }
    }

    @Test
    void shortFormChargesItsProvidersUser() {
        String user = newUser();

        assertThat(gateway.get("/short", "X-User-Id", user).body()).isEqualTo("fine");

        assertThat(gateway.used("openai", user)).isEqualTo(1);
    }

    @Test
    void longFormReadsUsersInTheirOrderAndItsPermits() {
        String tenant = newUser();
        String user = newUser();

        gateway.get("/long", "X-User-Id", user, "X-Tenant", tenant);
        gateway.get("/long", "X-User-Id", user);

        assertThat(gateway.used("openai", tenant)).isEqualTo(3);
        assertThat(gateway.used("openai", user)).isEqualTo(3);
    }

    @Test
    void metadataNamesTheProviderAndWithItTheDialect() {
        String user = newUser();

        HttpResponse<String> answer = gateway.get("/metadata", "X-User-Id", user);

        assertThat(gateway.used("mine", user)).isEqualTo(1);
        assertThat(answer.headers().firstValue("anthropic-ratelimit-requests-remaining"))
                .contains("4");
    }

    @Test
    void routeIdNamesTheProvider() {
        String user = newUser();

        gateway.get("/id", "X-User-Id", user);

        assertThat(gateway.used("deepseek", user)).isEqualTo(1);
    }

    @Test
    void routeInJavaIsLimitedAsOneInYaml() {
        String user = newUser();

        HttpResponse<String> granted = gateway.get("/java", "X-Tenant", user);
        HttpResponse<String> denied = gateway.get("/java", "X-Tenant", user);

        assertThat(granted.statusCode()).isEqualTo(200);
        assertThat(granted.headers().firstValue("x-ratelimit-remaining-requests"))
                .contains("0");
        assertThat(denied.statusCode()).isEqualTo(429);
        assertThat(gateway.used("mine", user)).isEqualTo(5);
    }

    @Test
    void routeInJavaThatNamesNoProviderTakesItsId() {
        String user = newUser();

        gateway.get("/consumer", "X-User-Id", user);

        assertThat(gateway.used("glm", user)).isEqualTo(2);
    }

    @Test
    void twoRoutesOfAProviderShareAKey() {
        String user = newUser();

        gateway.get("/short", "X-User-Id", user);
        gateway.get("/quiet", "X-User-Id", user);

        assertThat(gateway.used("openai", user)).isEqualTo(2);
    }

    @Test
    void keyThatTwoFiltersNameIsChargedOnce() {
        String user = newUser();

        HttpResponse<String> answer = gateway.get("/twice", "X-User-Id", user);

        assertThat(gateway.used("openai", user)).isEqualTo(1);
        assertThat(answer.headers().allValues("x-ratelimit-remaining-requests")).containsExactly("19");
    }

    @Test
    void laterDenialGivesBackWhatTheEarlierFilterCharged() {
        String user = newUser();

        List<Integer> statuses = List.of(
                gateway.get("/both", "X-User-Id", user).statusCode(),
                gateway.get("/both", "X-User-Id", user).statusCode(),
                gateway.get("/both", "X-User-Id", user).statusCode(),
                gateway.get("/both", "X-User-Id", user).statusCode());

        assertThat(statuses).containsExactly(200, 200, 429, 429);
        assertThat(gateway.used("claude", user)).isEqualTo(2);
        assertThat(gateway.used("openai", user)).isEqualTo(2);
    }

    @Test
    void withoutHeadersTheAnswerHasNeitherOurLimitsNorTheProviders() {
        HttpResponse<String> answer = gateway.get("/quiet", "X-User-Id", newUser());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().map().keySet())
                .noneMatch(name -> name.toLowerCase(Locale.ROOT).contains("ratelimit"));
    }

    @Test
    void problemDialectAnswersAProblem() {
        String user = newUser();
        gateway.get("/problem", "X-User-Id", user);
        gateway.get("/problem", "X-User-Id", user);

        HttpResponse<String> answer = gateway.get("/problem", "X-User-Id", user);

        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(answer.body()).contains("\"violated-policies\":[\"minute\"]");
        assertThat(answer.headers().firstValue("RateLimit").orElseThrow()).startsWith("\"minute\";r=0;t=");
    }

    @Test
    void requestThatNeverFitsIsToldSo() {
        String user = newUser();

        HttpResponse<String> answer = gateway.get("/never", "X-User-Id", user);

        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("Retry-After")).isEmpty();
        assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
        assertThat(gateway.used("claude", user)).isZero();
    }

    private static String newUser() {
        return "user-" + USERS.incrementAndGet();
    }
}
