package io.github.headgate.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.contract.StoreUnderTest;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.redis.RedisStore;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two gateways on one server that is killed: what they grant together, and what it is told afterwards. */
class SeveralGatewaysTest {

    private static final Rule TWENTY_A_DAY = new Rule(null, null, 20, null);
    private static final Key ALICE = Key.of("openai", "alice");
    private static final Duration TIMEOUT = Duration.ofMillis(200);

    private final TestRedis server = TestRedis.start();
    private final HashedWheelTimer timer = new HashedWheelTimer(5, TimeUnit.MILLISECONDS);
    private final ClientResources resources = ClientResources.builder()
            .reconnectDelay(Delay.fullJitter(10, 500, 10, TimeUnit.MILLISECONDS))
            .build();
    private final Gateway one = new Gateway(2);
    private final Gateway two = new Gateway(2);

    private final class Gateway {

        final RedisClient client = RedisClient.create(resources, server.uri());
        final RedisLink link = new RedisLink(client, "several");
        final RedisStore redis = new RedisStore(link, timer, TIMEOUT);
        final FailoverStore store;

        Gateway(int expected) {
            client.setOptions(ClientOptions.builder()
                    .timeoutOptions(TimeoutOptions.enabled())
                    .build());
            store = new FailoverStore(
                    redis, new GatewayRegistry(link, TIMEOUT), new LocalStore(100), OnFailure.LOCAL, expected, timer);
            link.start(Duration.ofSeconds(10));
            store.start(link.isOpen(), Duration.ofSeconds(2));
        }

        Decision decide() {
            return StoreUnderTest.decide(store, new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0))
                    .join();
        }

        int grantedOf(int requests) {
            int granted = 0;
            for (int i = 0; i < requests; i++) {
                granted += decide().isGranted() ? 1 : 0;
            }
            return granted;
        }

        boolean isShared() {
            return store.state().mode() == StoreState.Mode.SHARED;
        }

        void close() {
            store.close();
            link.close();
            client.shutdown();
        }
    }

    @AfterEach
    void close() {
        one.close();
        two.close();
        var unused = resources.shutdown();
        timer.stop();
        server.close();
    }

    private int usedInRedis() {
        return one.redis
                .usage(ALICE, TWENTY_A_DAY)
                .blockOptional()
                .orElseThrow()
                .get(0)
                .used();
    }

    private void bothKnowEachOther() {
        await().atMost(Duration.ofSeconds(5)).until(() -> one.store.gateways() == 2 && two.store.gateways() == 2);
    }

    @Test
    void togetherTheyGrantNoMoreThanWasLeft() {
        bothKnowEachOther();
        assertThat(one.grantedOf(5)).isEqualTo(5);
        assertThat(two.grantedOf(3)).isEqualTo(3);
        // Both have heard of all eight.
        assertThat(one.grantedOf(1)).isEqualTo(1);

        server.kill();

        int byOne = one.grantedOf(40);
        int byTwo = two.grantedOf(40);
        // Of the 11 left one grants its share; the other has not heard of the last grant, and has up to half of it
        // more.
        assertThat(byOne).isBetween(5, 6);
        assertThat(byTwo).isBetween(5, 6);
    }

    /** Nobody gets a fresh quota from a gateway that has never granted him anything. */
    @Test
    void aGatewayThatOnlyHeardADenialGrantsNothing() {
        bothKnowEachOther();
        assertThat(one.grantedOf(20)).isEqualTo(20);
        assertThat(two.grantedOf(1)).isZero();

        server.kill();

        assertThat(one.grantedOf(20)).isZero();
        assertThat(two.grantedOf(20)).isZero();
    }

    @Test
    void aGatewayAloneGrantsAllThatWasLeft() {
        two.close();
        await().atMost(Duration.ofSeconds(6)).until(() -> one.store.gateways() == 1);
        assertThat(one.grantedOf(6)).isEqualTo(6);

        server.kill();

        assertThat(one.grantedOf(40)).isEqualTo(14);
    }

    @Test
    void aGatewayStartedWithoutRedisTakesTheExpectedShare() {
        server.kill();
        Gateway late = new Gateway(4);
        try {
            assertThat(late.grantedOf(40)).isEqualTo(5);
        } finally {
            late.close();
        }
    }

    @Test
    void aRedisThatComesBackEmptyIsToldWhatBothHaveGranted() {
        bothKnowEachOther();
        assertThat(one.grantedOf(5)).isEqualTo(5);
        assertThat(two.grantedOf(3)).isEqualTo(3);
        server.kill();
        int meanwhile = one.grantedOf(2) + two.grantedOf(1);

        server.restart();

        await().atMost(Duration.ofSeconds(3)).until(() -> one.isShared() && two.isShared());
        await().atMost(Duration.ofSeconds(3)).until(() -> usedInRedis() == 8 + meanwhile);
        assertThat(one.grantedOf(40) + two.grantedOf(40)).isEqualTo(12 - meanwhile);
    }

    @Test
    void dataThatIsFlushedIsMadeUpForWithoutAnOutage() {
        bothKnowEachOther();
        assertThat(one.grantedOf(5)).isEqualTo(5);

        try (var connection = one.client.connect()) {
            connection.sync().flushall();
        }

        await().atMost(Duration.ofSeconds(3)).until(() -> usedInRedis() == 5);
        assertThat(one.isShared()).isTrue();
    }

    @Test
    void aRefundWithoutRedisIsMadeUpForWhenItIsBack() {
        Granted granted = (Granted) one.decide();
        assertThat(one.grantedOf(3)).isEqualTo(3);
        server.freeze();
        while (one.isShared()) {
            StoreUnderTest.decide(one.store, new LimitRequest(Key.of("openai", "bob"), TWENTY_A_DAY, 1, 0))
                    .join();
        }

        one.store.giveBack(granted.charge());
        server.thaw();

        await().atMost(Duration.ofSeconds(3)).until(one::isShared);
        await().atMost(Duration.ofSeconds(3)).until(() -> usedInRedis() == 3);
    }

    @Test
    void sharesFollowWhoIsAlive() {
        bothKnowEachOther();
        Gateway third = new Gateway(1);

        await().atMost(Duration.ofSeconds(3)).until(() -> one.store.gateways() == 3);

        assertThat(List.of(third.store.gateways())).containsExactly(3);
        third.close();
    }
}
