package io.github.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.testing.TcpProxy;
import io.github.headgate.testing.TestRedis;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Faults that last, and how long answers take meanwhile: 99.9 of 100 within the timeout of a call and 20 ms. */
@Tag("long")
class LongFaultsTest {

    private static final Logger LOG = LoggerFactory.getLogger(LongFaultsTest.class);

    private static final Duration TIMEOUT_AND_MORE = Duration.ofMillis(120);
    private static final TestRedis redis = TestRedis.start();
    private static final TcpProxy network = TcpProxy.to(redis.port());
    private static Pair gateways;

    enum Disturbance {
        FROZEN_5_S {
            @Override
            void happen(Traffic traffic) {
                redis.freeze();
                traffic.awaitAnswers(5 * 125);
                redis.thaw();
            }
        },
        FROZEN_60_S {
            @Override
            void happen(Traffic traffic) {
                redis.freeze();
                traffic.awaitAnswers(60 * 125);
                redis.thaw();
            }
        },
        SLOW_500_MS_FOR_10_S {
            @Override
            void happen(Traffic traffic) {
                network.delay(() -> 500);
                traffic.awaitAnswers(10 * 125);
                network.heal();
            }
        },
        HALF_OPEN_FOR_10_S {
            @Override
            void happen(Traffic traffic) {
                network.swallow();
                traffic.awaitAnswers(10 * 125);
                network.heal();
            }
        },
        /** A minute in which one answer of ten is late, by up to 300 ms. */
        SPIKES {
            @Override
            void happen(Traffic traffic) {
                Random random = new Random(20_261_124);
                network.delay(() -> random.nextInt(10) == 0 ? random.nextInt(300) : 0);
                traffic.awaitAnswers(60 * 125);
                network.heal();
            }
        },
        /** Down and up again every 300 ms, for a minute. */
        FLAPPING {
            @Override
            void happen(Traffic traffic) {
                AtomicInteger times = new AtomicInteger();
                ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
                var unused = clock.scheduleAtFixedRate(
                        () -> {
                            if (times.getAndIncrement() % 2 == 0) {
                                network.refuse();
                            } else {
                                network.heal();
                            }
                        },
                        0,
                        300,
                        TimeUnit.MILLISECONDS);
                traffic.awaitAnswers(60 * 125);
                clock.shutdown();
                await().until(clock::isTerminated);
                network.heal();
            }
        };

        /** Returns when it is over. */
        abstract void happen(Traffic traffic);
    }

    enum Cold {
        FIRST_OUTAGE
    }

    @BeforeAll
    static void startTwo() {
        gateways = new Pair("redis://127.0.0.1:" + network.port());
        // What a process does for the first time takes longer, and is measured apart.
        gateways.disturbed(Cold.FIRST_OUTAGE, 1, traffic -> {
            redis.freeze();
            traffic.awaitAnswers(125);
            redis.thaw();
        });
    }

    @AfterAll
    static void stop() {
        gateways.close();
        network.close();
        redis.close();
    }

    @ParameterizedTest
    @EnumSource
    void nearlyEveryAnswerComesWithinTheTimeoutAndALittle(Disturbance disturbance) {
        AtomicReference<Traffic> seen = new AtomicReference<>();

        gateways.disturbed(disturbance, 1, traffic -> {
            seen.set(traffic);
            disturbance.happen(traffic);
        });

        Duration nearlyAll = seen.get().took(0.999, "meanwhile");
        LOG.info(
                "measured: {}: 99.9 of 100 answers within {} ms (past the gateways {} ms)",
                disturbance,
                nearlyAll.toMillis(),
                seen.get().machine().toMillis());
        assertThat(nearlyAll).isLessThan(TIMEOUT_AND_MORE.plus(seen.get().machine()));
    }

    @Test
    void nearlyEveryDecisionWithoutRedisTakesLessThanAMillisecond() {
        Pair.awaitDecisions("shared", gateways.first);
        redis.freeze();
        try {
            ProviderRateLimiter limiter = gateways.first.limiter();
            await().until(() -> {
                limiter.check("openai", "anyone").block();
                return gateways.first.get("/actuator/health").body().contains("\"decisions\":\"local\"");
            });
            long[] decisions = new long[200_000];
            long[] machine = new long[decisions.length];
            for (int i = -20_000; i < decisions.length; i++) {
                long begin = System.nanoTime();
                limiter.check("openai", "user-" + Math.floorMod(i, 100)).block();
                long decided = System.nanoTime();
                long end = decided;
                while (end - decided < 3_000) {
                    Thread.onSpinWait();
                    end = System.nanoTime();
                }
                if (i >= 0) {
                    decisions[i] = decided - begin;
                    machine[i] = end - decided;
                }
            }
            Duration nearlyAll = nearlyAll(decisions);
            LOG.info(
                    "measured: without Redis: 99.9 of 100 decisions within {} us (3 us of nothing within {} us)",
                    nearlyAll.toNanos() / 1_000,
                    nearlyAll(machine).toNanos() / 1_000);
            assertThat(nearlyAll).isLessThan(Duration.ofMillis(1).plus(nearlyAll(machine)));
        } finally {
            redis.thaw();
        }
    }

    private static Duration nearlyAll(long[] nanos) {
        Arrays.sort(nanos);
        return Duration.ofNanos(nanos[(int) (nanos.length * 0.999)]);
    }
}
