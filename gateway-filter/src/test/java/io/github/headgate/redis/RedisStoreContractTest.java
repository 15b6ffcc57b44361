package io.github.headgate.redis;

import io.github.headgate.contract.LimitStoreContract;
import io.github.headgate.contract.StoreUnderTest;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class RedisStoreContractTest extends LimitStoreContract {

    private static final TestRedis REDIS = TestRedis.start();
    private static final RedisClient CLIENT = REDIS.client();
    private static final HashedWheelTimer TIMER = new HashedWheelTimer();
    private static final RedisLink LINK = new RedisLink(CLIENT, "contract");

    private final StoreUnderTest store = new StoreUnderTest(
            micros -> new RedisStore(LINK, TIMER, Duration.ofSeconds(10), new DenialMemory(0), micros));

    @BeforeAll
    static void connect() {
        LINK.start(Duration.ofSeconds(10));
    }

    @AfterAll
    static void close() {
        LINK.close();
        CLIENT.shutdown();
        TIMER.stop();
        REDIS.close();
    }

    @Override
    protected StoreUnderTest store() {
        return store;
    }
}
