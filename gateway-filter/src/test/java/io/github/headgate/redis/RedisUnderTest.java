package io.github.headgate.redis;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.contract.StoreUnderTest;
import io.github.headgate.testing.LeastPrivileges;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.netty.util.HashedWheelTimer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * A store on a server of its own, as a user with the least privileges, its time in the test's hand; and a connection
 * that may do everything, to look into the server.
 */
final class RedisUnderTest implements AutoCloseable {

    private static final String PREFIX = "rate_limit";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final TestRedis server = TestRedis.start(LeastPrivileges.setting());
    private final HashedWheelTimer timer = new HashedWheelTimer();
    private final RedisClient client = RedisClient.create(LeastPrivileges.at(server));
    private final RedisLink link = new RedisLink(client, PREFIX);
    private final StatefulRedisConnection<byte[], byte[]> inspection =
            client.connect(ByteArrayCodec.INSTANCE, server.uri());
    private long micros = 1_700_000_000_000_000L;
    final RedisStore store;

    RedisUnderTest() {
        link.start(Duration.ofSeconds(10));
        store = new RedisStore(link, timer, PATIENCE, new DenialMemory(0), () -> micros++);
    }

    void advance(Duration by) {
        micros += by.toNanos() / 1000;
    }

    /** Moves to the next full millisecond, in which a thousand calls are made, and returns it. */
    long nextMilli() {
        micros += 1_000 - micros % 1_000;
        return micros / 1_000;
    }

    Decision decide(Key key, Rule rule, int permits, Duration maxWait) {
        return ask(key, rule, permits, maxWait).join();
    }

    Decision decide(Key key, Rule rule) {
        return decide(key, rule, 1, Duration.ZERO);
    }

    private CompletableFuture<Decision> ask(Key key, Rule rule, int permits, Duration maxWait) {
        return StoreUnderTest.decide(store, new LimitRequest(key, rule, permits, maxWait.toMillis()));
    }

    /** How many of so many requests, one after the other with a pause between, are granted. */
    int grantedOf(int requests, Duration pause, Key key, Rule rule) {
        int granted = 0;
        for (int i = 0; i < requests; i++) {
            advance(pause);
            granted += ask(key, rule, 1, Duration.ZERO).join().isGranted() ? 1 : 0;
        }
        return granted;
    }

    RedisCommands<byte[], byte[]> redis() {
        return inspection.sync();
    }

    static byte[] name(Key key) {
        return bytes(PREFIX + ":{" + key + "}");
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    long memory(Key key) {
        return Objects.requireNonNull(redis().memoryUsage(name(key)));
    }

    Duration timeToLive(Key key) {
        return Duration.ofMillis(redis().pttl(name(key)));
    }

    /** The names of all keys there are. */
    Set<String> names() {
        return redis().keys("*").stream()
                .map(name -> new String(name, StandardCharsets.US_ASCII))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public void close() {
        link.close();
        client.shutdown();
        timer.stop();
        server.close();
    }
}
