package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.testing.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Two gateways on one Redis that fails in many ways, and comes back, while callers go on calling. */
class FailingOverTest {

    private static final Logger LOG = LoggerFactory.getLogger(FailingOverTest.class);

    private static final int LIMIT = 60;
    /** The timeout of a call to Redis, and half a second. */
    private static final Duration PROMPT = Duration.ofMillis(600);

    private static final TestRedis redis = TestRedis.start();
    private static final WireMockServer upstream = TestGateway.upstream();
    private static final List<TestGateway> gateways = new ArrayList<>();

    @BeforeAll
    static void startTwo() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
        start();
        start();
    }

    @AfterAll
    static void stop() {
        gateways.forEach(TestGateway::close);
        upstream.stop();
        redis.close();
    }

    private static TestGateway start() {
        TestGateway gateway =
                TestGateway.start("""
                spring.data.redis.url: %s
                headgate:
                  redis: { timeout: 100ms }
                  providers:
                    openai: { requests-per-minute: %d }
                    claude: { requests-per-minute: 100000 }
                """.formatted(redis.url(), LIMIT) + TestGateway.routes(upstream, "openai", "claude"));
        gateways.add(gateway);
        return gateway;
    }

    @ParameterizedTest
    @EnumSource
    void callersNoticeNothingButTheLimits(Fault fault) {
        TestGateway first = gateways.get(0);
        TestGateway second = gateways.get(1);
        awaitDecisions("shared", first, second);
        try (Traffic traffic = new Traffic(fault.name(), first, second)) {
            traffic.awaitWarm();

            traffic.enter("while Redis is away");
            fault.begin(redis);

            awaitDecisions("local", first, second);
            traffic.awaitAnswers(250);
            assertThat(traffic.grantedToTheOneOf(first))
                    .as(
                            "granted by one gateway, before and after: its share of what was left, of three gateways or two")
                    .isBetween(LIMIT / 3L, (long) LIMIT);

            fault.end(redis);
            traffic.enter("since Redis is back");

            long returned = System.nanoTime();
            awaitDecisions("shared", first, second);
            Duration recovery = Duration.ofNanos(System.nanoTime() - returned);
            assertThat(recovery).isLessThan(Duration.ofSeconds(2));
            await().atMost(Duration.ofSeconds(20)).until(() -> traffic.grantedToTheOneOf(first) >= LIMIT);
            traffic.awaitAnswers(100);
            assertThat(traffic.grantedToTheOneOf(first))
                    .as("granted by one gateway, since Redis is back too")
                    .isEqualTo(LIMIT);
            traffic.stop();

            LOG.info(
                    "measured: {}: {} answers, slowest {} ms, granted {} of {}, shared again after {} ms",
                    fault,
                    traffic.answered(),
                    traffic.slowest().toMillis(),
                    traffic.grantedToTheOneOf(first),
                    LIMIT,
                    recovery.toMillis());
            assertThat(traffic.statuses()).containsOnly(200, 429);
            assertThat(traffic.slowerThan(PROMPT)).isEmpty();
            assertThat(traffic.health()).isNotEmpty().allMatch(body -> body.startsWith("200 UP"));
        }
    }

    @Test
    void gatewayThatStartsBeforeItsRedisMovesToItWhenItComes() {
        redis.kill();
        long begin = System.nanoTime();

        TestGateway gateway = start();

        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .as("as long as with a Redis, give or take a busy machine")
                .isLessThan(Duration.ofSeconds(10));
        awaitDecisions("local", gateway);
        assertThat(gateway.get("/openai/chat", "X-User-Id", "early").statusCode())
                .isEqualTo(200);

        redis.restart();

        long returned = System.nanoTime();
        awaitDecisions("shared", gateway);
        assertThat(Duration.ofNanos(System.nanoTime() - returned)).isLessThan(Duration.ofSeconds(2));
        assertThat(gateway.used("openai", "early")).isEqualTo(1);
    }

    /** As the health detail says it, and the metric too. */
    private static void awaitDecisions(String decisions, TestGateway... through) {
        for (TestGateway gateway : through) {
            await().pollInterval(Duration.ofMillis(20)).untilAsserted(() -> {
                assertThat(gateway.get("/actuator/health").body())
                        .contains("\"decisions\":\"" + decisions + '"', "\"store\":\"redis\"");
                assertThat(gateway.get("/actuator/metrics/headgate.store.shared")
                                .body())
                        .contains("\"value\":" + (decisions.equals("shared") ? "1.0" : "0.0"));
            });
        }
    }
}
