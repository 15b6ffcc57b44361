package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Key;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What gateways tell each other of resets. */
class ResetMessagesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** A gateway forgot once more what it had reset, with what it had granted since. */
    @Test
    void aGatewayHearsOfOthersResetsOnly() {
        HashedWheelTimer timer = new HashedWheelTimer();
        try (TestRedis server = TestRedis.start()) {
            RedisClient client = server.client();
            try (RedisLink one = new RedisLink(client, "resets");
                    RedisLink other = new RedisLink(client, "resets")) {
                List<String> heard = new CopyOnWriteArrayList<>();
                one.onReset(heard::add);
                one.start(PATIENCE);
                other.start(PATIENCE);

                new RedisStore(one, timer, PATIENCE)
                        .reset(Key.of("openai", "own"))
                        .block();
                new RedisStore(other, timer, PATIENCE)
                        .reset(Key.of("openai", "other"))
                        .block();

                await().until(() -> heard.contains("openai:other"));
                assertThat(heard).containsExactly("openai:other");
            } finally {
                client.shutdown();
            }
        } finally {
            timer.stop();
        }
    }
}
