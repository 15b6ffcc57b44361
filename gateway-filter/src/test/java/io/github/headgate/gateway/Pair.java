package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.Key;
import io.github.headgate.LimitStore;
import io.github.headgate.Rule;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Two whole gateways on one Redis, and what must hold of both whatever becomes of it. */
final class Pair implements AutoCloseable {

    /** A minute; most rows are shorter, and all that is granted in them lies in one window. */
    static final int LIMIT = 40;

    private static final Logger LOG = LoggerFactory.getLogger(Pair.class);
    /** Tells what is charged beyond the limit too. */
    private static final Rule UNLIMITED = new Rule(1_000_000, null, null, null);

    private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();

    /** The timeout of a call to Redis, and half a second. */
    private static final Duration PROMPT = Duration.ofMillis(600);

    private static final Duration RECOVERY = Duration.ofSeconds(2);

    private final WireMockServer upstream = TestGateway.upstream();
    private final String redisUrl;
    final TestGateway first;
    final TestGateway second;

    Pair(String redisUrl) {
        this.redisUrl = redisUrl;
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
        first = start();
        second = start();
    }

    /** One more gateway like the two; the caller closes it. */
    TestGateway start() {
        return TestGateway.start(
                """
                spring.data.redis.url: %s
                headgate:
                  redis: { timeout: 100ms }
                  providers:
                    openai: { requests-per-minute: %d }
                    claude: { requests-per-minute: 100000 }
                """.formatted(redisUrl, LIMIT) + TestGateway.routes(upstream, "openai", "claude"), DecisionLog.class);
    }

    /** A fault that makes both decide alone, in the middle of traffic. */
    void failsOver(Enum<?> fault, Runnable begin, Runnable end) {
        try (Traffic traffic = begin(fault.name())) {
            traffic.enter("while Redis is away");
            begin.run();

            awaitDecisions("local");
            traffic.awaitAnswers(160);
            assertThat(traffic.grantedToTheOneOf(first))
                    .as("granted to one gateway's user: decided by that gateway, and it goes on from what it knows")
                    .isBetween(LIMIT / 3L, (long) LIMIT);

            end.run();
            traffic.enter("since Redis is back");

            Duration recovery = awaitDecisions("shared");
            finish(traffic, LIMIT, recovery);
        }
    }

    /**
     * Something that may or may not make them decide alone, in the middle of traffic.
     *
     * @param histories how many a limited user has in a row because Redis loses or forgets them, each worth a limit
     * @param meanwhile returns when it is over
     * @return how often they failed over
     */
    long disturbed(Enum<?> disturbance, int histories, Consumer<Traffic> meanwhile) {
        try (Traffic traffic = begin(disturbance.name())) {
            long before = failovers();
            traffic.enter("meanwhile");
            meanwhile.accept(traffic);
            traffic.enter("since");
            Duration recovery = awaitDecisions("shared");
            long failovers = failovers() - before;
            LOG.info("{} fail-overs", failovers);
            finish(traffic, LIMIT * histories, recovery);
            return failovers;
        }
    }

    private long failovers() {
        return store(first).failovers() + store(second).failovers();
    }

    /** Traffic that goes well and has spent some of the limits. */
    private Traffic begin(String name) {
        awaitDecisions("shared");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> store(first).gateways() == 2 && store(second).gateways() == 2);
        Traffic traffic = new Traffic(name, first, second);
        traffic.awaitWarm();
        traffic.awaitAnswers(60);
        return traffic;
    }

    /** Ends traffic when all limits are spent, and asserts what callers saw and Redis counted. */
    private void finish(Traffic traffic, int most, Duration recovery) {
        traffic.awaitSpent();
        traffic.stop();
        boolean oneWindow = traffic.isWithinAMinute();
        await().atMost(RECOVERY)
                .until(() -> store(first).pendingCharges() == 0 && store(second).pendingCharges() == 0);

        Key sharedKey = traffic.sharedKey();
        List<DecisionLog.Entry> grants = new ArrayList<>(DecisionLog.of(first).grants(sharedKey));
        grants.addAll(DecisionLog.of(second).grants(sharedKey));
        long shared = DecisionLog.mostWithin(MINUTE_NANOS, grants);
        long excess = Excess.most(sharedKey, DecisionLog.of(first), DecisionLog.of(second));
        LOG.info(
                "measured: {}: {} answers, slowest {} ms (past the gateways {} ms), granted {} and {} of {}, {} through both of at most {},"
                        + " shared again after {} ms",
                traffic.name(),
                traffic.answered(),
                traffic.slowest().toMillis(),
                traffic.machine().toMillis(),
                granted(first, traffic.ownKeyOf(first)),
                granted(second, traffic.ownKeyOf(second)),
                most,
                shared,
                most + excess,
                recovery.toMillis());
        assertThat(traffic.statuses()).containsOnly(200, 429);
        assertThat(traffic.slowerThan(PROMPT.plus(traffic.machine()))).isEmpty();
        assertThat(recovery).isLessThan(RECOVERY.plus(traffic.machine()));
        assertThat(traffic.health()).isNotEmpty().allMatch(body -> body.startsWith("200 UP"));
        assertThat(traffic.grantedToSharedUser())
                .as("granted, as callers saw it")
                .isEqualTo(grants.size());
        for (TestGateway gateway : new TestGateway[] {first, second}) {
            Key key = traffic.ownKeyOf(gateway);
            int doubt = DecisionLog.of(gateway).inDoubt(key);
            assertThat(DecisionLog.mostWithin(
                            MINUTE_NANOS, DecisionLog.of(gateway).grants(key)))
                    .as("granted in a minute to the user of one gateway, before, meanwhile and since")
                    .isBetween(oneWindow ? (long) LIMIT - doubt : 1, (long) most);
            if (most == LIMIT && oneWindow) {
                assertCounted(key, granted(gateway, key), doubt);
            }
        }
        int doubt = DecisionLog.of(first).inDoubt(sharedKey)
                + DecisionLog.of(second).inDoubt(sharedKey);
        assertThat(shared)
                .as("granted in a minute through both")
                .isBetween(oneWindow ? (long) LIMIT - doubt : 1, most + excess);
        if (most == LIMIT && oneWindow) {
            assertCounted(sharedKey, grants.size(), doubt);
        }
    }

    /** Asks until Redis answers, for a busy machine makes a gateway fail over now and then by itself. */
    private void assertCounted(Key key, int granted, int doubt) {
        LimitStore store = first.context().getBean(LimitStore.class);
        await().atMost(RECOVERY)
                .untilAsserted(() -> assertThat(store.usage(key, UNLIMITED)
                                .blockOptional()
                                .orElseThrow()
                                .get(0)
                                .used())
                        .as(
                                "charged in Redis: each grant once, and none never; twice at most what it was asked for in vain")
                        .isBetween(granted, granted + doubt));
    }

    private static int granted(TestGateway gateway, Key key) {
        return DecisionLog.of(gateway).grants(key).size();
    }

    static FailoverStore store(TestGateway gateway) {
        return Objects.requireNonNull(gateway.context().getBean(StoreView.class).shared());
    }

    /** How long it took until both said so. */
    Duration awaitDecisions(String decisions) {
        long begin = System.nanoTime();
        awaitDecisions(decisions, first);
        awaitDecisions(decisions, second);
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    /** As the health detail says it, and the metric too. */
    static void awaitDecisions(String decisions, TestGateway gateway) {
        await().pollInterval(Duration.ofMillis(20)).untilAsserted(() -> {
            assertThat(gateway.get("/actuator/health").body())
                    .contains("\"decisions\":\"" + decisions + '"', "\"store\":\"redis\"");
            assertThat(gateway.get("/actuator/metrics/headgate.store.shared").body())
                    .contains("\"value\":" + (decisions.equals("shared") ? "1.0" : "0.0"));
        });
    }

    @Override
    public void close() {
        first.close();
        second.close();
        upstream.stop();
    }
}
