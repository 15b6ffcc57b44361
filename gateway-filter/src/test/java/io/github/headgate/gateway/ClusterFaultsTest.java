package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.testing.TestCluster;
import io.github.headgate.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Two gateways on a Redis Cluster whose masters fail and whose slots are moved, while callers go on calling. */
@Tag("long")
class ClusterFaultsTest {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterFaultsTest.class);

    private static final int LIMIT = 60;
    /** The timeout of a call to Redis, and half a second. */
    private static final Duration PROMPT = Duration.ofMillis(600);

    private final TestCluster cluster = TestCluster.startWithReplicas();
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
        cluster.close();
    }

    private TestGateway start() {
        return TestGateway.start(
                """
                spring.data.redis.cluster.nodes: %s
                headgate:
                  redis: { timeout: 100ms }
                  providers:
                    openai: { requests-per-minute: %d }
                    claude: { requests-per-minute: 100000 }
                """.formatted(cluster.addresses(), LIMIT) + TestGateway.routes(upstream, "openai", "claude"));
    }

    /** The key of the one user of the first gateway who reaches his limit. */
    private String keyOfTheOne(String traffic) {
        return "rate_limit:{openai:" + traffic + "-of-" + first.port() + "}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"killed", "frozen"})
    void theReplicaOfAMasterThatFailsTakesOver(String how) {
        TestRedis master = cluster.masterOf(keyOfTheOne(how));
        TestRedis other = cluster.nodes().stream()
                .filter(node -> node != master)
                .findFirst()
                .orElseThrow();
        bothDecide("shared");
        try (Traffic traffic = new Traffic(how, first, second)) {
            traffic.awaitWarm();
            SharedUser both = new SharedUser(how, first, second);
            both.ask(5);
            double before = failovers();

            traffic.enter("while a master is away");
            long begin = System.nanoTime();
            if (how.equals("killed")) {
                master.kill();
            } else {
                master.freeze();
            }
            bothDecide("local");
            Duration noticed = Duration.ofNanos(System.nanoTime() - begin);
            both.ask(20);

            cluster.awaitPromotion(cluster.replicaOf(master), other);
            traffic.enter("since the replica has taken over");
            Duration recovery = bothDecideAgain();
            assertThat(recovery).isLessThan(Duration.ofSeconds(2));

            spendTheRest(traffic, both);
            report("master " + how + ", local after " + noticed.toMillis() + " ms", traffic, both, recovery);
            assertThat(failovers() - before)
                    .as("each gave it up once, and not back and forth")
                    .isEqualTo(2);
            assertCallersNoticedNothing(traffic, both);
        }
    }

    @Test
    void slotsThatAreMovedChangeNothing() {
        bothDecide("shared");
        try (Traffic traffic = new Traffic("moved", first, second)) {
            traffic.awaitWarm();
            SharedUser both = new SharedUser("moved", first, second);
            both.ask(5);
            double before = failovers();

            traffic.enter("while slots are moved");
            Stream.of(
                            Stream.of(keyOfTheOne("moved"), both.key(), "rate_limit:{.gateways}"),
                            IntStream.range(0, 50).mapToObj(i -> "rate_limit:{claude:user-" + i + "}"))
                    .flatMap(keys -> keys)
                    .forEach(key -> cluster.move(key, () -> traffic.awaitAnswers(key.contains("openai") ? 50 : 2)));
            both.ask(5);
            traffic.enter("since slots have been moved");
            bothDecide("shared");

            spendTheRest(traffic, both);
            report("slots moved", traffic, both, Duration.ZERO);
            assertThat(failovers()).isEqualTo(before);
            assertThat(both.granted()).isEqualTo(LIMIT);
            assertCallersNoticedNothing(traffic, both);
        }
    }

    @Test
    void aClusterWithoutItsMajorityIsDoneWithoutUntilItIsBack() {
        TestRedis lost = cluster.masterOf(keyOfTheOne("majority"));
        List<TestRedis> others =
                cluster.nodes().stream().filter(node -> node != lost).toList();
        bothDecide("shared");
        try (Traffic traffic = new Traffic("majority", first, second)) {
            traffic.awaitWarm();
            SharedUser both = new SharedUser("majority", first, second);
            both.ask(5);

            traffic.enter("while the majority is away");
            lost.kill();
            others.get(0).kill();
            bothDecide("local");
            both.ask(20);
            traffic.awaitAnswers(200);
            bothDecide("local");

            lost.restart();
            others.get(0).restart();
            cluster.nodes().forEach(cluster::awaitWhole);
            traffic.enter("since the majority is back");
            Duration recovery = bothDecideAgain();
            assertThat(recovery).isLessThan(Duration.ofSeconds(2));

            spendTheRest(traffic, both);
            report("majority lost", traffic, both, recovery);
            assertCallersNoticedNothing(traffic, both);
        }
    }

    private double failovers() {
        return first.metric("headgate.failovers") + second.metric("headgate.failovers");
    }

    private void bothDecide(String decisions) {
        first.awaitDecisions(decisions);
        second.awaitDecisions(decisions);
    }

    private Duration bothDecideAgain() {
        long begin = System.nanoTime();
        bothDecide("shared");
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private void spendTheRest(Traffic traffic, SharedUser both) {
        await().atMost(Duration.ofSeconds(20)).until(() -> traffic.grantedToTheOneOf(first) >= LIMIT);
        both.ask(LIMIT);
        traffic.awaitAnswers(100);
        traffic.stop();
    }

    private void report(String row, Traffic traffic, SharedUser both, Duration recovery) {
        LOG.info(
                "measured: {}: {} answers, slowest {} ms, granted {} of {} and by both gateways {} of {}, shared again after {} ms",
                row,
                traffic.answered(),
                traffic.slowest().toMillis(),
                traffic.grantedToTheOneOf(first),
                LIMIT,
                both.granted(),
                LIMIT,
                recovery.toMillis());
    }

    private void assertCallersNoticedNothing(Traffic traffic, SharedUser both) {
        assertThat(traffic.grantedToTheOneOf(first)).isEqualTo(LIMIT);
        assertThat(both.granted()).isBetween(LIMIT - 1L, LIMIT + both.unheard());
        assertThat(traffic.statuses()).containsOnly(200, 429);
        assertThat(both.statuses()).containsOnly(200, 429);
        assertThat(traffic.slowerThan(PROMPT)).isEmpty();
        assertThat(traffic.health()).isNotEmpty().allMatch(body -> body.startsWith("200 UP"));
    }
}
