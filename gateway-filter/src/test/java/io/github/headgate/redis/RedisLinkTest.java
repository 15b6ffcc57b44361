package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Key;
import io.github.headgate.testing.TcpProxy;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a gateway hears of the others, and of its own connection. */
class RedisLinkTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final TestRedis server = TestRedis.start();
    private final TcpProxy network = TcpProxy.to(server.port());
    private final RedisClient client = RedisClient.create("redis://localhost:" + network.port());
    private final RedisLink link = new RedisLink(client, "link");
    private final HashedWheelTimer timer = new HashedWheelTimer();

    @AfterEach
    void close() {
        link.close();
        client.shutdown();
        timer.stop();
        network.close();
        server.close();
    }

    /** A gateway forgot once more what it had reset, with what it had granted since. */
    @Test
    void hearsOfOthersResetsOnly() {
        List<String> heard = new CopyOnWriteArrayList<>();
        link.onReset(heard::add);
        link.start(PATIENCE);
        try (RedisLink other = new RedisLink(client, "link")) {
            other.start(PATIENCE);

            new RedisStore(link, timer, PATIENCE).reset(Key.of("openai", "own")).block();
            new RedisStore(other, timer, PATIENCE)
                    .reset(Key.of("openai", "other"))
                    .block();

            await().until(() -> heard.contains("openai:other"));
            assertThat(heard).containsExactly("openai:other");
        }
    }

    /** The new connection may lead to another server, which was trusted at once. */
    @Test
    void saysThatASilentConnectionHasBeenReplaced() {
        AtomicInteger disconnected = new AtomicInteger();
        link.onDisconnect(disconnected::incrementAndGet);
        link.start(PATIENCE);
        GatewayRegistry registry = new GatewayRegistry(link, Duration.ofMillis(50));
        network.swallow();
        await().until(() ->
                registry.announce().get(0).exceptionally(failure -> null).join() == null);

        network.heal();

        await().atMost(PATIENCE).until(() -> {
            registry.announce().get(0).exceptionally(failure -> null).join();
            return disconnected.get() == 1;
        });
        assertThat(registry.announce().get(0)).succeedsWithin(PATIENCE);
    }
}
