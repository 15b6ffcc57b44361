package io.github.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.OperatingSystemMXBean;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.gateway.SteadyLoad.Kind;
import io.github.headgate.gateway.SteadyLoad.Request;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two gateways under a thousand requests a second while their Redis fails again and again, at random. A run is repeated
 * with {@code -Dheadgate.soak.seed=} and the seed that it prints.
 */
class SoakTest {

    private static final Logger LOG = LoggerFactory.getLogger(SoakTest.class);

    private static final int PER_SECOND = 1_000;
    private static final int LIMIT = 60;
    /** What may be left over: buffers and caches that grew with a later peak. */
    private static final int TOLERATED_MEGABYTES = 16;

    private final TestRedis redis = TestRedis.start();
    private final CheapUpstream upstream = new CheapUpstream();
    private final List<TestGateway> gateways = List.of(start(), start());

    private TestGateway start() {
        return TestGateway.start("""
                spring.data.redis.url: %1$s
                headgate:
                  providers:
                    openai: { requests-per-minute: %2$d }
                    claude: { requests-per-minute: 100000, requests-per-hour: 6000000 }
                    glm: { requests-per-minute: 240, burst-capacity: 1 }
                spring.cloud.gateway.server.webflux:
                  httpclient.pool: { max-idle-time: 3s, eviction-interval: 1s }
                  routes:
                    - { id: openai, uri: "%3$s", predicates: [ Path=/openai/** ], filters: [ ProviderRateLimit=openai ] }
                    - { id: claude, uri: "%3$s", predicates: [ Path=/claude/** ], filters: [ ProviderRateLimit=claude ] }
                    - id: glm
                      uri: %3$s
                      predicates: [ Path=/glm/** ]
                      filters:
                        - name: ProviderRateLimit
                          args: { provider: glm, mode: wait, max-wait: 2s }
                """.formatted(redis.url(), LIMIT, upstream.url()), OpenConnections.class);
    }

    @AfterEach
    void stop() {
        gateways.forEach(TestGateway::close);
        upstream.close();
        redis.close();
    }

    @Test
    void aMinuteOfFaultsLosesNothing() {
        soak(Duration.ofSeconds(10), Duration.ofSeconds(40));
    }

    @Test
    @Tag("long")
    void tenMinutesOfFaultsLoseNothing() {
        soak(Duration.ofMinutes(1), Duration.ofMinutes(9));
    }

    private void soak(Duration warmUp, Duration rest) {
        long seed = Long.getLong("headgate.soak.seed", System.nanoTime());
        Random random = new Random(seed);
        LOG.info("soak: seed {}", seed);
        awaitShared();
        int redisConnections = redisConnections();
        Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
        run(warmUp, random, faults);
        awaitNothingLeft(redisConnections);
        MemoryLevel warm = MemoryLevel.now();
        faults.clear();

        SteadyLoad load = run(rest, random, faults);
        awaitNothingLeft(redisConnections);
        MemoryLevel end = MemoryLevel.now();

        LOG.info("measured: after {}: {}; after {} more: {}; faults {}", warmUp, warm, rest, end, faults);
        assertThat(load.failures()).as("requests without an answer").isEmpty();
        assertThat(load.statuses()).containsOnlyKeys(200, 429);
        // A Redis that lost its data grants anew until that is noticed, within a second.
        assertThat(load.mostGranted(Duration.ofMinutes(1))).isLessThanOrEqualTo(2 * LIMIT);
        assertThat(end.heap()).as("heap, MB").isLessThanOrEqualTo(warm.heap() + TOLERATED_MEGABYTES);
        assertThat(end.direct()).as("direct memory, MB").isLessThanOrEqualTo(warm.direct() + TOLERATED_MEGABYTES);
    }

    private SteadyLoad run(Duration time, Random random, Map<Fault, Integer> faults) {
        SteadyLoad load = new SteadyLoad(PER_SECOND, this::request);
        try (load) {
            long begin = System.nanoTime();
            long cpu = cpuNanos();
            failAtRandom(time, random, faults);
            long nanos = System.nanoTime() - begin;
            LOG.info(
                    "measured: {} requests, {} a second, on {} cores",
                    load.sent(),
                    load.sent() * 1_000_000_000 / nanos,
                    "%.2f".formatted((double) (cpuNanos() - cpu) / nanos));
            load.stop();
        }
        LOG.info(
                "measured: answers {}, {} without, {} callers left; p50 {} ms, p99 {} ms, p99.9 {} ms, slowest {} ms; "
                        + "most granted {} of {}",
                load.statuses(),
                load.failures().size(),
                load.left(),
                load.millis(0.5),
                load.millis(0.99),
                load.millis(0.999),
                load.millis(1),
                load.mostGranted(Duration.ofMinutes(1)),
                LIMIT);
        return load;
    }

    /** Of twenty: fourteen whose users never reach their limit, four whose users do, and two that may be held. */
    private Request request(long number) {
        int which = (int) (number % gateways.size());
        TestGateway gateway = gateways.get(which);
        long turn = number / gateways.size();
        int kind = (int) (turn % 20);
        if (kind < 14) {
            return new Request(gateway, "/claude/chat", "user-" + number % 1_999, Kind.PROMPT);
        }
        String user = which + "-" + turn / 20 % 10;
        if (kind < 18) {
            return new Request(gateway, "/openai/chat", "limited-" + user, Kind.LIMITED);
        }
        Kind held = turn / 20 % 5 == 0 ? Kind.LEAVING : Kind.HELD;
        return new Request(gateway, "/glm/chat", "held-" + turn / 20 % 20, held);
    }

    private void failAtRandom(Duration time, Random random, Map<Fault, Integer> faults) {
        long end = System.nanoTime() + time.toNanos();
        while (true) {
            Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
            long before = 500L + random.nextInt(3_500);
            long length = random.nextInt(3) == 0 ? 100L + random.nextInt(400) : 1_000L + random.nextInt(2_000);
            if (System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(before + length) > end) {
                pause(Math.max(0, end - System.nanoTime()));
                return;
            }
            pause(TimeUnit.MILLISECONDS.toNanos(before));
            fault.begin(redis);
            pause(TimeUnit.MILLISECONDS.toNanos(length));
            fault.end(redis);
            LOG.info("soak: {} for {} ms", fault, length);
            faults.merge(fault, 1, Integer::sum);
        }
    }

    private static void pause(long nanos) {
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }

    private void awaitShared() {
        for (TestGateway gateway : gateways) {
            FailoverStore store = gateway.context().getBean(FailoverStore.class);
            await().until(() -> store.breakerState().equals("closed") && store.pendingCharges() == 0);
        }
    }

    /** No waiter, nobody's connection, and as many to Redis as there were. */
    private void awaitNothingLeft(int redisConnections) {
        awaitShared();
        for (TestGateway gateway : gateways) {
            StoreRateLimiter limiter = gateway.context().getBean(StoreRateLimiter.class);
            await().untilAsserted(
                            () -> assertThat(limiter.waiting()).as("waiting").isZero());
            await().untilAsserted(() ->
                    assertThat(OpenConnections.of(gateway)).as("callers").isZero());
        }
        await().untilAsserted(() ->
                assertThat(upstream.connections()).as("to the upstream").isZero());
        await().untilAsserted(
                        () -> assertThat(redisConnections()).as("to Redis").isEqualTo(redisConnections));
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private int redisConnections() {
        RedisClient client = redis.client();
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            return (int) connection.sync().clientList().lines().count();
        } finally {
            client.shutdown();
        }
    }
}
