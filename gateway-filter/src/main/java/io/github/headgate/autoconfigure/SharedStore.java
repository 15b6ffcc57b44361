package io.github.headgate.autoconfigure;

import io.github.headgate.Key;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.redis.RedisStore;
import io.lettuce.core.AbstractRedisClient;
import io.netty.util.HashedWheelTimer;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.context.SmartLifecycle;

/** The store in Redis with all it needs: a connection, a timer, and the local store that stands in for it. */
final class SharedStore implements SmartLifecycle {

    /** The longest that start-up waits for a Redis that accepts a connection and then does not answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** How late a timeout may be; a tick that is due costs next to nothing. */
    private static final long TICK_MILLIS = 5;

    /** After the client, which is started first and stopped last, and before the port opens. */
    private static final int PHASE = 1_000;

    private final HashedWheelTimer timer =
            new HashedWheelTimer(new DefaultThreadFactory("headgate-timer", true), TICK_MILLIS, TimeUnit.MILLISECONDS);
    private final LocalStore local;
    private final RedisLink link;
    private final FailoverStore store;
    private volatile boolean running;

    SharedStore(HeadgateProperties properties, AbstractRedisClient client) {
        local = new LocalStore(properties.local().maxKeys());
        link = new RedisLink(client, properties.keyPrefix());
        HeadgateProperties.Redis redis = properties.redis();
        store = new FailoverStore(
                new RedisStore(link, timer, redis.timeout()),
                new GatewayRegistry(link, redis.timeout()),
                local,
                redis.onFailure(),
                redis.expectedGateways(),
                timer);
        link.onReset(key -> store.forget(Key.parse(key)));
    }

    /** Connects and warms up; a Redis that is down delays nothing. */
    @Override
    public void start() {
        link.start(PATIENCE);
        store.start(link.isOpen(), PATIENCE);
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        store.close();
        link.close();
        timer.stop();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    FailoverStore store() {
        return store;
    }

    LocalStore local() {
        return local;
    }
}
