package io.github.headgate.redis;

import io.github.headgate.testing.LeastPrivileges;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisURI;

/** The contract, as a user with the least privileges. */
class RedisStoreContractTest extends RedisStoreContract {

    private final TestRedis redis = TestRedis.start(LeastPrivileges.setting());

    @Override
    RedisURI startServer() {
        return LeastPrivileges.at(redis);
    }

    @Override
    void stopServer() {
        redis.close();
    }
}
