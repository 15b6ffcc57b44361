package io.github.headgate.gateway;

import io.github.headgate.testing.TcpProxy;
import io.github.headgate.testing.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two gateways whose network to Redis fails in many ways, and works again, while callers go on calling. */
class FailingNetworkTest {

    private static final TestRedis redis = TestRedis.start();
    private static final TcpProxy network = TcpProxy.to(redis.port());
    private static Pair gateways;

    /** What can go wrong with a network for a while. */
    enum Fault {
        SLOW_500_MS {
            @Override
            void begin() {
                network.delay(() -> 500);
            }
        },
        /** Each connection breaks as soon as it is used. */
        RESET {
            @Override
            void begin() {
                network.resetAlways();
            }
        },
        /** Connections stay open and bring nothing any more, also when new ones work again. */
        HALF_OPEN {
            @Override
            void begin() {
                network.swallow();
            }
        },
        REFUSED {
            @Override
            void begin() {
                network.refuse();
            }
        };

        abstract void begin();
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
    void callersNoticeNothingButTheLimits(Fault fault) {
        gateways.failsOver(fault, fault::begin, network::heal);
    }
}
