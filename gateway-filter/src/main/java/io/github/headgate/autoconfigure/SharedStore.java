package io.github.headgate.autoconfigure;

import io.github.headgate.Key;
import io.github.headgate.configuration.HeadgateProperties;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.RedisDocument;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.redis.RedisStore;
import io.github.headgate.runtime.RuleStore;
import io.github.headgate.runtime.SharedRuleStore;
import io.netty.util.HashedWheelTimer;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.context.SmartLifecycle;

/** The store in Redis with all it needs: a connection, a timer, and the local store that stands in for it. */
final class SharedStore implements SmartLifecycle {

    /** The longest that start-up waits for a Redis that accepts a connection and then does not answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** The longest that a change of rules waits for each of Redis's answers. */
    private static final Duration RULES_TIMEOUT = Duration.ofSeconds(1);

    /** How late a timeout may be; a tick that is due costs next to nothing. */
    private static final long TICK_MILLIS = 5;

    /** After the client, which is started first and stopped last, and before the port opens. */
    private static final int PHASE = 1_000;

    private final HashedWheelTimer timer =
            new HashedWheelTimer(new DefaultThreadFactory("headgate-timer", true), TICK_MILLIS, TimeUnit.MILLISECONDS);
    private final LettuceClient client;
    private final LocalStore local;
    private final RedisLink link;
    private final FailoverStore store;
    private final SharedRuleStore rules;
    private volatile boolean running;
    private volatile boolean stopped;

    SharedStore(HeadgateProperties properties, LettuceClient client) {
        this.client = client;
        local = new LocalStore(properties.local().maxKeys());
        link = new RedisLink(client.client(), properties.keyPrefix());
        HeadgateProperties.Redis redis = properties.redis();
        store = new FailoverStore(
                new RedisStore(link, timer, redis.timeout()),
                new GatewayRegistry(link, redis.timeout()),
                local,
                redis.onFailure(),
                redis.expectedGateways(),
                timer);
        rules = new SharedRuleStore(new RedisDocument(link, RULES_TIMEOUT), timer);
        link.onRuleChange(rules::changedElsewhere);
        link.onDisconnect(store::connectionClosed);
        link.onReset(key -> store.forget(Key.parse(key)));
    }

    /** Connects and warms up; a Redis that is down delays nothing. Once. */
    @Override
    public void start() {
        if (stopped) {
            throw new IllegalStateException(
                    "Headgate's connection to Redis has been closed with its application context; a new one needs a new context");
        }
        link.start(PATIENCE);
        store.start(link.isOpen(), PATIENCE);
        rules.start();
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        stopped = true;
        rules.close();
        store.close();
        link.close();
        client.close();
        timer.stop();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /**
     * False where the client is Headgate's own: connections stay, and requests are decided as before when a pause ends.
     * A client that is lent ends with the pause.
     */
    @Override
    public boolean isPauseable() {
        return !client.isOwn();
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    FailoverStore store() {
        return store;
    }

    RuleStore rules() {
        return rules;
    }

    LocalStore local() {
        return local;
    }
}
