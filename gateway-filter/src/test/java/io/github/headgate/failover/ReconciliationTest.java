package io.github.headgate.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.redis.RedisStore;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a real server is told by one gateway of what it does not know. */
class ReconciliationTest {

    private static final Rule TWENTY_A_DAY = new Rule(null, null, 20, null);
    private static final Key ALICE = Key.of("openai", "alice");
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final TestRedis server = TestRedis.start();
    private final HashedWheelTimer timer = new HashedWheelTimer();
    private final RedisClient client = server.client();
    private final RedisLink link = new RedisLink(client, "told");
    private final RedisStore redis = new RedisStore(link, timer, PATIENCE);
    private final LocalStore local = new LocalStore(100);
    private final Reconciliation reconciliation = new Reconciliation(
            redis, new GatewayRegistry(link, PATIENCE), local, new Gateways("one", 1), timer, () -> true);

    @BeforeEach
    void connect() {
        link.start(PATIENCE);
        reconciliation.announce().join();
    }

    @AfterEach
    void close() {
        reconciliation.close();
        link.close();
        client.shutdown();
        timer.stop();
        server.close();
    }

    private int usedInRedis() {
        return redis.usage(ALICE, TWENTY_A_DAY)
                .blockOptional()
                .orElseThrow()
                .get(0)
                .used();
    }

    /**
     * It was: the announcement of every second and the one before pending charges both found that the data was gone.
     */
    @Test
    void twoAnnouncementsAtTheSameTimeDoNotBothMakeUpForLostData() {
        assertThat(local.charge(new LimitRequest(ALICE, TWENTY_A_DAY, 5, 0), 0, List.of()))
                .isNotNull();
        try (var connection = client.connect()) {
            connection.sync().flushall();
        }

        server.freeze();
        CompletableFuture<Void> one = reconciliation.announce();
        CompletableFuture<Void> other = reconciliation.tell();
        server.thaw();
        CompletableFuture.allOf(one, other).join();

        assertThat(usedInRedis()).isEqualTo(5);
    }

    @Test
    void eachGrantIsChargedOnceThoughItIsToldTwiceAtTheSameTime() {
        for (int i = 0; i < 5; i++) {
            reconciliation.granted(new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0), 0);
        }

        CompletableFuture.allOf(reconciliation.tell(), reconciliation.tell()).join();

        assertThat(usedInRedis()).isEqualTo(5);
    }
}
