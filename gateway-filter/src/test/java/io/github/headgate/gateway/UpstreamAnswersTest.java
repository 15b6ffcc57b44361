package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the upstream's answers: they describe the gateway's own account, and callers are to see theirs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamAnswersTest {

    private static final List<String> PROVIDERS_HEADERS = List.of(
            "x-ratelimit-limit-requests",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests",
            "x-ratelimit-limit-tokens",
            "X-RateLimit-Remaining-Tokens",
            "x-ratelimit-reset-project-tokens",
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-input-tokens-remaining",
            "anthropic-priority-input-tokens-limit",
            "anthropic-fast-output-tokens-remaining",
            "RateLimit",
            "RateLimit-Policy",
            "ratelimit-limit",
            "RateLimit-Remaining",
            "RateLimit-Reset");
    private static final String SECRET = "987654321";

    private final WireMockServer upstream = TestGateway.upstream();
    private final TestGateway gateway = TestGateway.start("""
            upstream: %s
            spring.cloud.gateway.server.webflux.routes:
              - id: openai
                uri: ${upstream}
                predicates: [ Path=/openai/** ]
                filters: [ StripPrefix=1, ProviderRateLimit=openai ]
              - id: claude
                uri: ${upstream}
                predicates: [ Path=/claude/** ]
                filters: [ StripPrefix=1, ProviderRateLimit=claude ]
              - id: quiet
                uri: ${upstream}
                predicates: [ Path=/quiet/** ]
                filters:
                  - StripPrefix=1
                  - name: ProviderRateLimit
                    args: { provider: openai, headers: false }
              - id: free
                uri: ${upstream}
                predicates: [ Path=/free/** ]
                filters: [ StripPrefix=1 ]
              - id: again
                uri: ${upstream}
                predicates: [ Path=/again/** ]
                filters:
                  - StripPrefix=1
                  - { name: Retry, args: { retries: 1, statuses: SERVICE_UNAVAILABLE, methods: GET } }
                  - ProviderRateLimit=openai
              - id: removed
                uri: ${upstream}
                predicates: [ Path=/removed/** ]
                filters: [ StripPrefix=1, ProviderRateLimit=openai, RemoveResponseHeader=RateLimit-Policy ]
              - id: gone
                uri: http://127.0.0.1:1
                predicates: [ Path=/gone/** ]
                filters: [ ProviderRateLimit=openai ]
            """.formatted(upstream.baseUrl()));

    @AfterAll
    void stop() {
        gateway.close();
        upstream.stop();
    }

    @ParameterizedTest
    @CsvSource({"openai, x-ratelimit-remaining-requests, 59", "claude, anthropic-ratelimit-requests-remaining, 49"})
    void grantedCallerSeesItsOwnLimitsInPlaceOfTheProviders(String route, String header, String remaining) {
        upstream.stubFor(any(urlPathEqualTo("/chat")).willReturn(withProvidersHeaders(ok("fine"))));

        HttpResponse<String> answer = gateway.get("/" + route + "/chat", "X-User-Id", "granted");

        assertThat(answer.body()).isEqualTo("fine");
        assertThat(answer.headers().allValues(header)).containsExactly(remaining);
        assertThat(answer.headers().allValues("RateLimit-Policy")).hasSize(1);
        assertThat(answer.headers().allValues("RateLimit"))
                .singleElement()
                .asString()
                .contains("\"minute\";r=" + remaining);
        assertThat(answer.headers().map().toString()).doesNotContain(SECRET);
        assertThat(answer.headers().firstValue("openai-processing-ms")).contains("12");
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "claude", "quiet"})
    void providersOwnRefusalKeepsItsRetryAfterButNotItsLimits(String route) {
        upstream.stubFor(any(urlPathEqualTo("/busy"))
                .willReturn(withProvidersHeaders(aResponse()
                        .withStatus(429)
                        .withHeader("Retry-After", "17")
                        .withHeader("retry-after-ms", "16500")
                        .withBody("busy"))));

        HttpResponse<String> answer = gateway.get("/" + route + "/busy", "X-User-Id", "refused");

        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.body()).isEqualTo("busy");
        assertThat(answer.headers().allValues("Retry-After")).containsExactly("17");
        assertThat(answer.headers().allValues("retry-after-ms")).containsExactly("16500");
        assertThat(answer.headers().map().toString()).doesNotContain(SECRET);
    }

    @Test
    void withoutHeadersOfOurOwnTheProvidersGoAllTheSame() {
        upstream.stubFor(any(urlPathEqualTo("/chat")).willReturn(withProvidersHeaders(ok("fine"))));

        HttpResponse<String> answer = gateway.get("/quiet/chat", "X-User-Id", "quiet");

        assertThat(answer.headers().map()).doesNotContainKeys(PROVIDERS_HEADERS.toArray(String[]::new));
        assertThat(answer.headers().map().toString()).doesNotContain(SECRET);
    }

    @Test
    void routeThatLimitsNobodyKeepsTheProvidersHeaders() {
        upstream.stubFor(any(urlPathEqualTo("/chat")).willReturn(withProvidersHeaders(ok("fine"))));

        HttpResponse<String> answer = gateway.get("/free/chat", "X-User-Id", "free");

        assertThat(PROVIDERS_HEADERS)
                .allSatisfy(name -> assertThat(answer.headers().allValues(name)).containsExactly(SECRET));
    }

    @Test
    void answerToASecondAttemptShowsTheLimitsOnce() {
        upstream.stubFor(any(urlPathEqualTo("/flaky"))
                .inScenario("flaky")
                .willReturn(withProvidersHeaders(aResponse().withStatus(503)))
                .willSetStateTo("well"));
        upstream.stubFor(any(urlPathEqualTo("/flaky"))
                .inScenario("flaky")
                .whenScenarioStateIs("well")
                .willReturn(withProvidersHeaders(ok("fine"))));

        HttpResponse<String> answer = gateway.get("/again/flaky", "X-User-Id", "again");

        assertThat(answer.body()).isEqualTo("fine");
        assertThat(answer.headers().allValues("x-ratelimit-remaining-requests")).containsExactly("59");
        assertThat(answer.headers().allValues("RateLimit")).hasSize(1);
        assertThat(answer.headers().map().toString()).doesNotContain(SECRET);
    }

    @Test
    void routeMayRemoveWhatHeadgateShows() {
        upstream.stubFor(any(urlPathEqualTo("/chat")).willReturn(ok("fine")));

        HttpResponse<String> answer = gateway.get("/removed/chat", "X-User-Id", "removed");

        assertThat(answer.headers().map()).doesNotContainKey("ratelimit-policy").containsKey("ratelimit");
    }

    @Test
    void errorOfTheGatewayTellsTheCallersLimitsToo() {
        HttpResponse<String> answer = gateway.get("/gone/chat", "X-User-Id", "gone");

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.headers().allValues("x-ratelimit-remaining-requests")).containsExactly("59");
    }

    /** The upstream sends ten events over two seconds. */
    @Test
    void firstEventOfAStreamArrivesLongBeforeTheLastIsSent() throws Exception {
        StringBuilder events = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            events.append("data: event-").append(i).append("\n\n");
        }
        upstream.stubFor(any(urlPathEqualTo("/stream"))
                .willReturn(ok(events.toString())
                        .withHeader("Content-Type", "text/event-stream")
                        .withHeader("x-ratelimit-remaining-requests", SECRET)
                        .withChunkedDribbleDelay(10, 2_000)));

        HttpResponse<Stream<String>> answer = TestGateway.client()
                .send(gateway.request("/openai/stream", "X-User-Id", "stream"), BodyHandlers.ofLines());
        List<Long> arrivals = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        answer.body().filter(line -> !line.isEmpty()).forEach(line -> {
            arrivals.add(System.nanoTime());
            lines.add(line);
        });

        assertThat(lines).hasSize(10).startsWith("data: event-0").endsWith("data: event-9");
        assertThat(answer.headers().allValues("x-ratelimit-remaining-requests")).containsExactly("59");
        assertThat(Duration.ofNanos(arrivals.get(9) - arrivals.get(0))).isGreaterThan(Duration.ofSeconds(1));
    }

    private static ResponseDefinitionBuilder withProvidersHeaders(ResponseDefinitionBuilder answer) {
        for (String name : PROVIDERS_HEADERS) {
            answer.withHeader(name, SECRET);
        }
        return answer.withHeader("openai-processing-ms", "12");
    }
}
