package io.github.headgate.benchmarks.subject;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.arithmetic.Spent;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.OnFailure;
import io.github.headgate.failover.StoreState;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.redis.RedisStore;
import io.github.headgate.rules.RuleBook;
import io.lettuce.core.RedisClient;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Headgate with all that stands around a decision in a gateway: limiter, fail-over, the local shadow, Redis. */
public final class Headgate implements Subject {

    public static final String PROVIDER = "bench";
    private static final String PREFIX = "rate_limit";

    /** In every name of a key in Redis that counts nothing; no provider's name begins with a dot. */
    static final String OF_ITS_OWN = PREFIX + ":{.";

    private static final int MOST_KEYS = 100_000;
    private static final int MOST_FLUSHED_TOGETHER = 256;

    /** Far beyond the usual, so that a machine that stalls does not turn this into a benchmark of memory. */
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HashedWheelTimer timer = new HashedWheelTimer(5, TimeUnit.MILLISECONDS);
    private final RedisClient client;
    private final RedisLink link;
    private final RedisStore redis;
    private final FailoverStore store;
    private final StoreRateLimiter limiter;

    /** @param rule everybody's */
    public Headgate(String redisUrl, Rule rule) {
        this(RedisClient.create(RedisUnderTest.at(redisUrl)), rule);
    }

    private Headgate(RedisClient client, Rule rule) {
        this.client = client;
        link = new RedisLink(client, PREFIX);
        redis = new RedisStore(link, timer, TIMEOUT);
        store = new FailoverStore(
                redis, new GatewayRegistry(link, TIMEOUT), new LocalStore(MOST_KEYS), OnFailure.LOCAL, 1, timer);
        link.start(Duration.ofSeconds(5));
        store.start(link.isOpen(), Duration.ofSeconds(5));
        requireShared();
        limiter = new StoreRateLimiter(store, RuleBook.builder(rule).build(), 10_000, 100, Schedulers.parallel());
    }

    /** The same with a client that flushes once for all commands written together, to show what that would bring. */
    static Headgate flushingTogether(String redisUrl, Rule rule) {
        ClientResources resources = ClientResources.builder()
                .nettyCustomizer(new NettyCustomizer() {
                    @Override
                    public void afterChannelInitialized(Channel channel) {
                        channel.pipeline().addFirst(new FlushConsolidationHandler(MOST_FLUSHED_TOGETHER, true));
                    }
                })
                .build();
        return new Headgate(RedisClient.create(resources, RedisUnderTest.at(redisUrl)), rule);
    }

    @Override
    public void check(String user, Answer answer) {
        var unused = limiter.check(PROVIDER, user)
                .subscribe(decision -> answer.decided(decision.isGranted()), answer::failed);
    }

    public Mono<Decision> acquire(String user, Duration maxWait) {
        return limiter.acquire(PROVIDER, user, maxWait);
    }

    /** Charges a key with permits that were granted some time ago; once a user. */
    public CompletableFuture<Void> charge(String user, List<Spent> spent) {
        return redis.charge("history", Key.of(PROVIDER, user), spent).thenAccept(charged -> {});
    }

    /** What a user's key is called in Redis. */
    public static String redisKey(String user) {
        return PREFIX + ":{" + Key.of(PROVIDER, user) + '}';
    }

    /**
     * Makes sure that it was Redis that decided.
     *
     * @throws IllegalStateException if it was this process's memory, because Redis failed
     */
    public void requireShared() {
        if (store.state().mode() != StoreState.Mode.SHARED || store.pendingCharges() > 0) {
            throw new IllegalStateException("decisions were not made in Redis");
        }
    }

    public StoreRateLimiter limiter() {
        return limiter;
    }

    @Override
    public void close() {
        try {
            requireShared();
        } finally {
            store.close();
            link.close();
            timer.stop();
            client.shutdown();
            // A client leaves those running that it was given.
            var unused = client.getResources().shutdown();
        }
    }
}
