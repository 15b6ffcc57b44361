package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.testing.TestCluster;
import io.github.headgate.testing.TestSentinel;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Two gateways on the primary that a Sentinel names, which fails while callers go on calling. */
@Tag("long")
class SentinelFailoverTest {

    private static final Logger LOG = LoggerFactory.getLogger(SentinelFailoverTest.class);

    private static final int LIMIT = 60;
    /** The timeout of a call to Redis, and half a second. */
    private static final Duration PROMPT = Duration.ofMillis(600);

    private final TestSentinel sentinel = TestSentinel.start();
    private final WireMockServer upstream = TestGateway.upstream();
    private TestGateway first;
    private TestGateway second;

    @BeforeEach
    void startTwo() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
        first = start();
        second = start();
    }

    @AfterEach
    void stop() {
        first.close();
        second.close();
        upstream.stop();
        sentinel.close();
    }

    private TestGateway start() {
        return TestGateway.start("""
                spring.data.redis.sentinel: { master: %s, nodes: "%s" }
                headgate:
                  redis: { timeout: 100ms }
                  providers:
                    openai: { requests-per-minute: %d }
                    claude: { requests-per-minute: 100000 }
                """.formatted(TestSentinel.MASTER, sentinel.address(), LIMIT)
                + TestGateway.routes(upstream, "openai", "claude"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"killed", "frozen"})
    void theReplicaOfAPrimaryThatFailsTakesOver(String how) {
        await().atMost(Duration.ofSeconds(30)).until(sentinel::knowsTheReplica);
        bothDecide("shared");
        try (Traffic traffic = new Traffic("sentinel-" + how, first, second)) {
            traffic.awaitWarm();
            SharedUser both = new SharedUser("sentinel-" + how, first, second);
            both.ask(5);
            double before = failovers();

            traffic.enter("while the primary is away");
            if (how.equals("killed")) {
                sentinel.master().kill();
            } else {
                sentinel.master().freeze();
            }
            bothDecide("local");
            both.ask(20);

            await().atMost(Duration.ofSeconds(30))
                    .until(() -> TestCluster.ask(sentinel.replica(), node -> node.info("replication"))
                            .contains("role:master"));
            traffic.enter("since the replica has taken over");
            long promoted = System.nanoTime();
            bothDecide("shared");
            Duration recovery = Duration.ofNanos(System.nanoTime() - promoted);

            await().atMost(Duration.ofSeconds(20)).until(() -> traffic.grantedToTheOneOf(first) >= LIMIT);
            both.ask(LIMIT);
            traffic.awaitAnswers(100);
            traffic.stop();

            LOG.info(
                    "measured: Sentinel, primary {}: {} answers, slowest {} ms, granted {} of {} and by both gateways {} of {}, shared again after {} ms",
                    how,
                    traffic.answered(),
                    traffic.slowest().toMillis(),
                    traffic.grantedToTheOneOf(first),
                    LIMIT,
                    both.granted(),
                    LIMIT,
                    recovery.toMillis());
            // A connection to the frozen one may have been begun just before, and is waited for.
            assertThat(recovery).isLessThan(Duration.ofSeconds(how.equals("killed") ? 2 : 3));
            assertThat(traffic.grantedToTheOneOf(first)).isEqualTo(LIMIT);
            assertThat(both.granted()).isBetween(LIMIT - 1L, LIMIT + both.unheard());
            assertThat(failovers() - before)
                    .as("each gave it up once, and not back and forth")
                    .isEqualTo(2);
            assertThat(traffic.statuses()).containsOnly(200, 429);
            assertThat(both.statuses()).containsOnly(200, 429);
            assertThat(traffic.slowerThan(PROMPT)).isEmpty();
            assertThat(traffic.health()).isNotEmpty().allMatch(body -> body.startsWith("200 UP"));
        }
    }

    private double failovers() {
        return first.metric("headgate.failovers") + second.metric("headgate.failovers");
    }

    private void bothDecide(String decisions) {
        first.awaitDecisions(decisions);
        second.awaitDecisions(decisions);
    }
}
