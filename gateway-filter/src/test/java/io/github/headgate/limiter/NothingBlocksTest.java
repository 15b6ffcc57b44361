package io.github.headgate.limiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Granted;
import io.github.headgate.LimitStore;
import io.github.headgate.Rule;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.OnFailure;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.redis.RedisStore;
import io.github.headgate.rules.RuleBook;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.netty.util.HashedWheelTimer;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Calls on threads that must not block, with an agent that looks on. */
@Tag("own-process")
class NothingBlocksTest {

    private static final Rule RULE = new Rule(600, 10_000, 10_000, 5);

    private static final List<String> BLOCKED = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void look() {
        BlockHound.builder()
                .loadIntegrations()
                // Lettuce counts the writers of a connection under a lock, held for as long as that takes.
                .allowBlockingCallsInside("io.lettuce.core.protocol.SharedLock", "incrementWriters")
                // And waits for the one who counts when the connection has closed.
                .allowBlockingCallsInside("io.lettuce.core.protocol.DefaultEndpoint", "notifyChannelInactive")
                // Netty's pool, when it grows, waits for whoever allocates from the old part at that moment.
                .allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator$Magazine", "free")
                .blockingMethodCallback(method -> {
                    BLOCKED.add(StackWalker.getInstance().walk(frames -> method + " in " + frames.toList()));
                    throw new BlockingOperationError(method);
                })
                .install();
    }

    @Test
    void theAgentCatchesACallThatBlocks() {
        Mono<Boolean> blocking = Mono.fromCallable(() -> new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS))
                .subscribeOn(Schedulers.parallel());

        assertThatThrownBy(() -> blocking.block(Duration.ofSeconds(10)))
                .hasStackTraceContaining(BlockingOperationError.class.getName());

        assertThat(BLOCKED).isNotEmpty();
    }

    @Test
    void nothingBlocksOnTheLocalStore() {
        nothingBlocks(new LocalStore(100));
    }

    @Test
    void nothingBlocksOnRedisNorWhenItFails() {
        HashedWheelTimer timer = new HashedWheelTimer(new DefaultThreadFactory("timer"), 5, TimeUnit.MILLISECONDS);
        TestRedis server = TestRedis.start();
        RedisClient client = server.client();
        try (server;
                RedisLink link = new RedisLink(client, "blocks")) {
            link.start(Duration.ofSeconds(10));
            RedisStore redis = new RedisStore(link, timer, Duration.ofSeconds(1));
            nothingBlocks(redis);
            FailoverStore failover = new FailoverStore(
                    redis,
                    new GatewayRegistry(link, Duration.ofSeconds(1)),
                    new LocalStore(100),
                    OnFailure.LOCAL,
                    1,
                    timer);
            failover.start(link.isOpen(), Duration.ofSeconds(2));
            nothingBlocks(failover);
            server.kill();
            nothingBlocks(failover);
            failover.close();
        } finally {
            client.shutdown();
            timer.stop();
        }
    }

    private static void nothingBlocks(LimitStore store) {
        BLOCKED.clear();
        StoreRateLimiter limiter =
                new StoreRateLimiter(store, RuleBook.builder(RULE).build(), 1_000, 100, Schedulers.parallel());

        List<Decision> decisions = Flux.range(0, 40)
                .flatMap(i -> Mono.defer(() -> i % 2 == 0
                                ? limiter.check("any", "alice")
                                : limiter.acquire("any", "bob", Duration.ofSeconds(5)))
                        .subscribeOn(Schedulers.parallel())
                        .doOnNext(decision -> {
                            if (decision instanceof Granted granted && i % 4 == 0) {
                                limiter.giveBack(granted);
                            }
                        }))
                .collectList()
                .block(Duration.ofSeconds(20));
        Mono.defer(() -> limiter.acquire("any", "bob", Duration.ofSeconds(30)))
                .subscribeOn(Schedulers.parallel())
                .timeout(Duration.ofMillis(20), Mono.empty())
                .then(Mono.defer(() -> limiter.status("any", "bob")).subscribeOn(Schedulers.parallel()))
                .then(Mono.defer(() -> limiter.reset("any", "bob")).subscribeOn(Schedulers.parallel()))
                .block(Duration.ofSeconds(20));

        assertThat(decisions).hasSize(40).anyMatch(Decision::isGranted);
        assertThat(BLOCKED).isEmpty();
    }
}
