package io.github.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Key;
import io.github.headgate.testing.TcpProxy;
import io.github.headgate.testing.TestRedis;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two gateways on one Redis that is slow, stumbles or loses single things, while callers go on calling. */
class DisturbedTest {

    private static final TestRedis redis = TestRedis.start();
    private static final TcpProxy network = TcpProxy.to(redis.port());
    private static Pair gateways;

    /** What can trouble Redis without making it fail altogether. */
    enum Disturbance {
        /** Well under the timeout: nothing is decided alone. */
        SLOW_20_MS(0) {
            @Override
            void happen(Traffic traffic) {
                network.delay(() -> 20);
                traffic.awaitAnswers(160);
                network.heal();
            }
        },
        /** Under the timeout; calls that gather behind others may miss it. */
        SLOW_80_MS(Integer.MAX_VALUE) {
            @Override
            void happen(Traffic traffic) {
                network.delay(() -> 80);
                traffic.awaitAnswers(160);
                network.heal();
            }
        },
        /** All connections, once. */
        RESET_ONCE(Integer.MAX_VALUE) {
            @Override
            void happen(Traffic traffic) {
                network.reset();
                traffic.awaitAnswers(60);
            }
        },
        FROZEN_200_MS(Integer.MAX_VALUE) {
            @Override
            void happen(Traffic traffic) {
                redis.freeze();
                traffic.awaitAnswers(25);
                redis.thaw();
                traffic.awaitAnswers(60);
            }
        },
        SCRIPTS_LOST(0) {
            @Override
            void happen(Traffic traffic) {
                for (int time = 0; time < 5; time++) {
                    Fault.tell(redis.uri(), "SCRIPT FLUSH");
                    traffic.awaitAnswers(20);
                }
            }
        },
        /** A key of the wrong type, one of an older layout, and one that was evicted. */
        FOREIGN_VALUES(0) {
            @Override
            void happen(Traffic traffic) {
                // Renamed, because a gateway decides about the key at any moment.
                String first = name(traffic.ownKeyOf(gateways.first));
                Fault.tell(redis.uri(), "RPUSH foreign 1 2 3", "RENAME foreign " + first);
                Fault.tell(redis.uri(), "SET " + name(traffic.ownKeyOf(gateways.second)) + " " + "7".repeat(120));
                Fault.tell(redis.uri(), "DEL " + name(traffic.sharedKey()));
                traffic.awaitAnswers(60);
            }

            private static String name(Key key) {
                return "rate_limit:{" + key + '}';
            }
        },
        /** Down and up again every 300 ms. */
        FLAPPING(Integer.MAX_VALUE) {
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
                traffic.awaitAnswers(600);
                clock.shutdown();
                await().until(clock::isTerminated);
                network.heal();
            }
        };

        private final int mostFailovers;

        Disturbance(int mostFailovers) {
            this.mostFailovers = mostFailovers;
        }

        /** Returns when it is over. */
        abstract void happen(Traffic traffic);
    }

    @BeforeAll
    static void startTwo() {
        gateways = new Pair("redis://127.0.0.1:" + network.port());
    }

    @AfterAll
    static void stop() {
        gateways.close();
        network.close();
        redis.close();
    }

    @ParameterizedTest
    @EnumSource
    void callersNoticeNothingButTheLimits(Disturbance disturbance) {
        int histories = disturbance == Disturbance.FOREIGN_VALUES ? 2 : 1;

        long failovers = gateways.disturbed(disturbance, histories, disturbance::happen);

        assertThat(failovers).isLessThanOrEqualTo(disturbance.mostFailovers);
    }
}
