package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.Key;
import io.github.headgate.UserId;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whom requests without a name count against; the gateway stands in Kubernetes, behind one proxy. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CallersTest {

    private final WireMockServer upstream = TestGateway.upstream();
    private final TestGateway gateway = new TestGateway.Application(TestGateway.Plain.class)
            .withEnvironmentVariables(TestGateway.ON_KUBERNETES)
            .start("""
                    upstream: %s
                    headgate.trusted-hops: 1
                    spring.cloud.gateway.server.webflux.routes:
                      - id: deny-openai
                        uri: ${upstream}
                        predicates: [ Path=/deny/openai ]
                        filters:
                          - name: ProviderRateLimit
                            args: { provider: glm, missing-user: deny }
                      - id: deny-anthropic
                        uri: ${upstream}
                        predicates: [ Path=/deny/anthropic ]
                        filters:
                          - name: ProviderRateLimit
                            args: { provider: claude, missing-user: deny }
                      - id: deny-problem
                        uri: ${upstream}
                        predicates: [ Path=/deny/problem ]
                        filters:
                          - name: ProviderRateLimit
                            args: { provider: glm, missing-user: deny, dialect: problem }
                      - id: shared
                        uri: ${upstream}
                        predicates: [ Path=/shared ]
                        filters: [ ProviderRateLimit=deepinfra ]
                      - id: ip
                        uri: ${upstream}
                        predicates: [ Path=/ip ]
                        filters:
                          - name: ProviderRateLimit
                            args: { provider: openai, missing-user: ip }
                    """.formatted(upstream.baseUrl()));

    CallersTest() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.stop();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "openai    | application/json         | \"code\":\"invalid_api_key\"",
                "anthropic | application/json         | \"type\":\"authentication_error\"",
                "problem   | application/problem+json | \"status\":401",
            })
    void nobodyIsDeniedInTheWordsOfTheDialect(String dialect, String contentType, String inBody) {
        int before = upstream.getAllServeEvents().size();

        HttpResponse<String> answer = gateway.get("/deny/" + dialect);

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer realm=\"gateway\"");
        assertThat(answer.headers().firstValue("Content-Type")).contains(contentType);
        assertThat(answer.body()).contains(inBody);
        assertThat(upstream.getAllServeEvents()).hasSize(before);
        assertThat(gateway.usedByNobody("glm")).isZero();
        assertThat(gateway.usedByNobody("claude")).isZero();
    }

    @Test
    void somebodyIsNotDenied() {
        assertThat(gateway.get("/deny/openai", "X-User-Id", "bob").body()).isEqualTo("fine");
    }

    @Test
    void nobodyCountsAgainstTheKeyThatAllSuchShare() {
        gateway.get("/shared");
        gateway.get("/shared");

        assertThat(gateway.usedByNobody("deepinfra")).isEqualTo(2);
    }

    @Test
    void nobodyCountsAgainstTheAddressThatTheProxySawAndNotTheOneThatTheCallerInvented() {
        gateway.get("/ip", "X-Forwarded-For", "6.6.6.6, 203.0.113.7");
        gateway.get("/ip", "X-Forwarded-For", "6.6.6.7, 203.0.113.7");

        assertThat(usedFrom("203.0.113.7")).isEqualTo(2);
        assertThat(usedFrom("6.6.6.6")).isZero();
        assertThat(usedFrom("6.6.6.7")).isZero();
        assertThat(gateway.usedByNobody("openai")).isZero();
    }

    @Test
    void userWhoCallsHimselfAnAddressIsNotThatAddress() {
        gateway.get("/ip", "X-User-Id", "ip=203.0.113.8");

        assertThat(usedFrom("203.0.113.8")).isZero();
        assertThat(gateway.used("openai", "ip=203.0.113.8")).isEqualTo(1);
    }

    private int usedFrom(String address) {
        return gateway.used(new Key("openai", UserId.ip(address)));
    }
}
