package io.github.headgate.gateway;

import io.github.headgate.testing.TestRedis;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateways on one Redis that is killed, and comes back with all it has ever answered. */
class BackWithDataTest {

    private enum Fault {
        KILLED_BACK_WITH_DATA
    }

    @Test
    void eachGrantIsChargedOnce(@TempDir Path folder) {
        try (TestRedis redis = TestRedis.start("appendonly yes", "appendfsync always", "dir " + folder);
                Pair gateways = new Pair(redis.url())) {
            gateways.failsOver(Fault.KILLED_BACK_WITH_DATA, redis::kill, redis::restart);
        }
    }
}
