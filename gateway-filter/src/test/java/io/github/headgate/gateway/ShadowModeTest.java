package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Limits that are only tried: they count, and say in a header what they would have done, and hold nobody up. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShadowModeTest {

    private static final String HEADER = "x-headgate-shadow";

    private final WireMockServer upstream = TestGateway.upstream();
    private final TestGateway gateway = TestGateway.start(
            """
            headgate:
              providers:
                openai: { requests-per-minute: 2, shadow: true }
                claude: { requests-per-minute: 1 }
                glm: { requests-per-minute: 60, burst-capacity: 1 }
            spring.cloud.gateway.server.webflux.routes:
            """ + route("openai", "provider: openai") + route("held", "provider: openai, shadow: false")
                    + route("tried", "provider: claude, shadow: true")
                    + route("waits", "provider: glm, shadow: true, mode: wait, max-wait: 30s")
                    + route("named", "provider: deepseek, shadow: true, missing-user: deny")
                    + route("both", "provider: glm, shadow: true, mode: wait")
                    + "      - name: ProviderRateLimit\n        args: { provider: glm }\n");

    private String route(String id, String args) {
        return """
                  - id: %1$s
                    uri: %2$s
                    predicates: [ "Path=/%1$s/**" ]
                    filters:
                      - StripPrefix=1
                      - name: ProviderRateLimit
                        args: { %3$s }
                """.formatted(id, upstream.baseUrl(), args);
    }

    @BeforeAll
    void stub() {
        upstream.stubFor(any(anyUrl())
                .willReturn(ok("fine")
                        .withHeader("x-ratelimit-remaining-tokens", "77")
                        .withHeader(HEADER, "from upstream")));
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.stop();
    }

    private HttpResponse<String> get(String route, String user) {
        return gateway.get("/" + route + "/chat", "X-User-Id", user);
    }

    private double counted(String meter, String provider, String outcome) {
        return gateway
                .context()
                .getBean(MeterRegistry.class)
                .find(meter)
                .tags("provider", provider, "outcome", outcome)
                .counters()
                .stream()
                .mapToDouble(it -> it.count())
                .sum();
    }

    @Test
    void requestOverALimitThatIsOnlyTriedGoesAndSaysWhatWouldHaveBeen() {
        assertThat(get("openai", "alice").headers().allValues(HEADER)).containsExactly("granted");
        get("openai", "alice");
        HttpResponse<String> third = get("openai", "alice");

        assertThat(third.statusCode()).isEqualTo(200);
        assertThat(third.body()).isEqualTo("fine");
        assertThat(third.headers().allValues(HEADER))
                .singleElement()
                .asString()
                .matches("denied; limit=minute; retry-after-ms=[1-9]\\d*");
        assertThat(gateway.used("openai", "alice")).isEqualTo(2);
    }

    @Test
    void responseKeepsTheProvidersHeadersAndGetsNoneOfOurs() {
        HttpResponse<String> answer = get("openai", "hal");

        assertThat(answer.headers().allValues("x-ratelimit-remaining-tokens")).containsExactly("77");
        assertThat(answer.headers().map())
                .doesNotContainKeys("ratelimit", "ratelimit-policy", "x-ratelimit-remaining-requests");
    }

    @Test
    void filterWinsOverItsProvider() {
        get("held", "bob");
        get("held", "bob");
        HttpResponse<String> third = get("held", "bob");

        assertThat(third.statusCode()).isEqualTo(429);
        assertThat(third.headers().map()).doesNotContainKey(HEADER);
    }

    @Test
    void whatWouldHaveBeenIsCountedApart() {
        get("tried", "carol");
        get("tried", "carol");

        assertThat(counted("headgate.shadow.decisions", "claude", "granted")).isEqualTo(1);
        assertThat(counted("headgate.shadow.decisions", "claude", "denied")).isEqualTo(1);
        assertThat(counted("headgate.decisions", "claude", "denied")).isZero();
    }

    /** Its place in the queue is charged all the same, so that what is told of those behind it is true. */
    @Test
    void requestThatWouldHaveWaitedGoesAtOnceAndIsChargedAsIfItHad() {
        get("waits", "dave");
        String second = get("waits", "dave").headers().firstValue(HEADER).orElse("");
        String third = get("waits", "dave").headers().firstValue(HEADER).orElse("");

        assertThat(second).matches("waited; delay-ms=\\d+");
        assertThat(third).matches("waited; delay-ms=1\\d\\d\\d");
        assertThat(gateway.used("glm", "dave")).isEqualTo(3);
    }

    @Test
    void callerWithoutAUserIsNotRefused() {
        HttpResponse<String> answer = gateway.get("/named/chat");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().allValues(HEADER)).containsExactly("denied; reason=missing-user");
    }

    @Test
    void aWaitThatDidNotTakePlaceLetsNobodyPastAFilterThatLimits() {
        assertThat(get("both", "erin").statusCode()).isEqualTo(200);
        HttpResponse<String> second = get("both", "erin");

        assertThat(second.statusCode()).isEqualTo(429);
        assertThat(gateway.used("glm", "erin")).isEqualTo(1);
    }
}
