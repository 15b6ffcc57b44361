package io.github.headgate.redis;

import io.github.headgate.LimitStore;
import io.github.headgate.contract.RateLimiterContract;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class RedisRateLimiterTest extends RateLimiterContract {

    private static final TestRedis REDIS = TestRedis.start();
    private static final RedisClient CLIENT = REDIS.client();
    private static final HashedWheelTimer TIMER = new HashedWheelTimer();
    private static final RedisLink LINK = new RedisLink(CLIENT, "limiter");

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
    protected LimitStore store(LongSupplier micros) {
        return new RedisStore(LINK, TIMER, Duration.ofSeconds(10), new DenialMemory(100), micros);
    }
}
