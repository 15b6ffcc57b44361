package io.github.headgate.redis;

import io.github.headgate.contract.LimitStoreContract;
import io.github.headgate.contract.StoreUnderTest;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The contract, on whichever server a subclass starts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RedisStoreContract extends LimitStoreContract {

    private final HashedWheelTimer timer = new HashedWheelTimer();
    private RedisClient client;
    private RedisLink link;
    private StoreUnderTest store;

    /** Starts the server. */
    abstract RedisURI startServer();

    abstract void stopServer();

    @BeforeAll
    void connect() {
        client = RedisClient.create(startServer());
        link = new RedisLink(client, "rate_limit");
        link.start(Duration.ofSeconds(10));
        store = new StoreUnderTest(
                micros -> new RedisStore(link, timer, Duration.ofSeconds(10), new DenialMemory(0), micros));
    }

    @AfterAll
    void close() {
        link.close();
        client.shutdown();
        timer.stop();
        stopServer();
    }

    @Override
    protected StoreUnderTest store() {
        return store;
    }
}
