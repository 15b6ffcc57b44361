package io.github.headgate.redis;

import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisURI;

class RedisStoreContractTest extends RedisStoreContract {

    private final TestRedis redis = TestRedis.start();

    @Override
    RedisURI startServer() {
        return redis.uri();
    }

    @Override
    void stopServer() {
        redis.close();
    }
}
