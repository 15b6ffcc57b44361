package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.contract.StoreUnderTest;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.resource.ClientResources;
import io.netty.util.HashedWheelTimer;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a timer still holds of a call that has been answered: it keeps a timeout that was cancelled until its next tick,
 * and a garbage collection before that would copy all that can be reached from it.
 */
class AnsweredCallsTest {

    private static final Rule SIXTY_A_MINUTE = new Rule(60, null, null, null);

    private final TestRedis server = TestRedis.start();
    private final HashedWheelTimer timer = neverTicking();
    private final HashedWheelTimer clientTimer = neverTicking();
    private final ClientResources resources =
            ClientResources.builder().timer(clientTimer).build();
    private final RedisClient client = RedisClient.create(resources, server.uri());
    private final RedisLink link = new RedisLink(client, "answered");
    private final RedisStore store = new RedisStore(link, timer, Duration.ofSeconds(20));

    private static HashedWheelTimer neverTicking() {
        return new HashedWheelTimer(1, TimeUnit.HOURS);
    }

    @BeforeEach
    void connect() {
        link.start(Duration.ofSeconds(10));
    }

    @AfterEach
    void close() {
        link.close();
        client.shutdown();
        resources.shutdown().awaitUninterruptibly();
        clientTimer.stop();
        timer.stop();
        server.close();
    }

    private CompletableFuture<Decision> ask() {
        return StoreUnderTest.decide(store, new LimitRequest(Key.of("openai", "alice"), SIXTY_A_MINUTE, 1, 0));
    }

    private WeakReference<CompletableFuture<Decision>> answered() {
        CompletableFuture<Decision> asked = ask();
        assertThat(asked.join().isGranted()).isTrue();
        return new WeakReference<>(asked);
    }

    @Test
    void nobodyWhoWasAnsweredIsReachedFromTheTimeout() {
        WeakReference<CompletableFuture<Decision>> asked = answered();

        await().untilAsserted(() -> {
            System.gc();
            assertThat(asked.get()).isNull();
        });
        assertThat(timer.pendingTimeouts()).isEqualTo(1);
    }

    @Test
    void theClientHasNoTimeoutOfItsOwnBeside() {
        long before = clientTimer.pendingTimeouts();

        assertThat(ask().join().isGranted()).isTrue();

        assertThat(clientTimer.pendingTimeouts()).isEqualTo(before);
    }
}
