package io.github.headgate.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.contract.StoreUnderTest;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.redis.RedisStore;
import io.github.headgate.testing.TcpProxy;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.TimerTask;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The fail-over against a real server that is killed, frozen and started again. */
class FailoverStoreTest {

    private static final Rule TEN_A_DAY = new Rule(null, null, 10, null);
    private static final Key ALICE = Key.of("openai", "alice");
    /** The timeout, and as much again as a busy test machine may be late. */
    private static final Duration PROMPT = Duration.ofMillis(600);

    private final TestRedis server = TestRedis.start();
    private final HashedWheelTimer timer = new HashedWheelTimer(5, TimeUnit.MILLISECONDS);
    private final ClientResources resources = ClientResources.builder()
            .reconnectDelay(Delay.fullJitter(10, 500, 10, TimeUnit.MILLISECONDS))
            .build();
    private final RedisClient client = RedisClient.create(resources, server.uri());
    private final RedisLink link = new RedisLink(client, "failover");
    private final RedisStore redis = new RedisStore(link, timer, Duration.ofMillis(100));
    private FailoverStore store = failover(OnFailure.LOCAL);

    private FailoverStore failover(OnFailure onFailure) {
        return failover(onFailure, 1_000, Duration.ofMillis(100), timer);
    }

    /** @param patience how long an announcement may take */
    private FailoverStore failover(OnFailure onFailure, int keys, Duration patience, Timer clock) {
        return new FailoverStore(redis, new GatewayRegistry(link, patience), new LocalStore(keys), onFailure, 1, clock);
    }

    @BeforeEach
    void connect() {
        client.setOptions(
                ClientOptions.builder().timeoutOptions(TimeoutOptions.enabled()).build());
        link.start(Duration.ofSeconds(10));
        store.start(true, Duration.ofSeconds(2));
    }

    @AfterEach
    void close() {
        store.close();
        link.close();
        client.shutdown();
        var unused = resources.shutdown();
        timer.stop();
        server.close();
    }

    private Decision decide() {
        long begin = System.nanoTime();
        Decision decision = StoreUnderTest.decide(store, new LimitRequest(ALICE, TEN_A_DAY, 1, 0))
                .join();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(PROMPT);
        return decision;
    }

    private int grantedOf(int requests) {
        int granted = 0;
        for (int i = 0; i < requests; i++) {
            granted += decide().isGranted() ? 1 : 0;
        }
        return granted;
    }

    private int usedInRedis() {
        return redis.usage(ALICE, TEN_A_DAY)
                .blockOptional()
                .orElseThrow()
                .get(0)
                .used();
    }

    @Test
    void aKilledRedisGivesNobodyAFreshQuota() {
        assertThat(grantedOf(4)).isEqualTo(4);

        server.kill();

        assertThat(grantedOf(20)).isEqualTo(6);
        assertThat(store.state().mode()).isEqualTo(StoreState.Mode.LOCAL);
    }

    /** The probe has told a Redis what it may have lost, and by the time that it answers there may be another one. */
    @Test
    void aConnectionThatClosesDuringAProbeIsReasonForAnother() throws Exception {
        ByHand byHand = new ByHand();
        FailoverStore probing = failover(OnFailure.LOCAL, 10, Duration.ofSeconds(10), byHand);
        probing.start(true, Duration.ofSeconds(2));
        probing.connectionClosed();

        server.freeze();
        byHand.runLast();
        probing.connectionClosed();
        server.thaw();

        await().until(() -> probing.failovers() == 2);
        assertThat(probing.state().mode()).isEqualTo(StoreState.Mode.LOCAL);
        byHand.runLast();
        await().until(() -> probing.state().mode() == StoreState.Mode.SHARED);
        probing.close();
    }

    /** A call fails, Redis does not: it decides on, and does not know yet what was granted in its place. */
    @Test
    void whatRedisGrantsBeforeItIsToldIsNotOnTop() throws Exception {
        ByHand byHand = new ByHand();
        store = failover(OnFailure.LOCAL, 10, Duration.ofSeconds(10), byHand);
        store.start(true, Duration.ofSeconds(2));
        assertThat(grantedOf(8)).isEqualTo(8);
        server.freeze();
        assertThat(grantedOf(1)).isEqualTo(1);
        server.thaw();

        assertThat(grantedOf(5)).isEqualTo(1);

        assertThat(store.state().mode()).isEqualTo(StoreState.Mode.SHARED);
        assertThat(store.pendingCharges()).isEqualTo(1);
        byHand.runLast();
        await().until(() -> usedInRedis() == 10);
        assertThat(grantedOf(1)).isZero();
    }

    @Test
    void manyUsersGrantsDoNotKeepRedisFromDecidingAgain() {
        int users = 100_000;
        store = failover(OnFailure.LOCAL, 2 * users, Duration.ofMillis(100), timer);
        store.start(true, Duration.ofSeconds(2));
        server.freeze();
        grantedOf(6);
        assertThat(store.state().mode()).isEqualTo(StoreState.Mode.LOCAL);
        for (int user = 0; user < users; user++) {
            StoreUnderTest.decide(store, new LimitRequest(Key.of("openai", "user-" + user), TEN_A_DAY, 1, 0))
                    .join();
        }

        server.thaw();

        await().atMost(Duration.ofSeconds(2)).until(() -> store.state().mode() == StoreState.Mode.SHARED);
        await().atMost(Duration.ofMinutes(1)).until(() -> store.pendingCharges() == 0);
        for (int user = 0; user < users; user += users / 20) {
            Key key = Key.of("openai", "user-" + user);
            await().untilAsserted(() -> assertThat(store.usage(key, TEN_A_DAY)
                            .blockOptional()
                            .orElseThrow()
                            .get(0)
                            .used())
                    .isEqualTo(1));
        }
    }

    @Test
    void probesOfSeveralGatewaysDoNotFallTogether() throws Exception {
        ByHand byHand = new ByHand();
        store = failover(OnFailure.LOCAL, 10, Duration.ofMillis(100), byHand);
        server.kill();
        store.connectionClosed();
        for (int probe = 1; probe <= 30; probe++) {
            int before = byHand.tasks.size();
            byHand.runLast();
            await().until(() -> byHand.tasks.size() > before);
        }

        assertThat(byHand.delaysMillis).hasSize(31).allMatch(delay -> delay >= 0 && delay <= 500);
        assertThat(Set.copyOf(byHand.delaysMillis)).hasSizeGreaterThan(10);
    }

    /** Starts nothing by itself. */
    private final class ByHand implements Timer {

        private final List<TimerTask> tasks = new CopyOnWriteArrayList<>();
        private final List<Long> delaysMillis = new CopyOnWriteArrayList<>();

        @Override
        public Timeout newTimeout(TimerTask task, long delay, TimeUnit unit) {
            delaysMillis.add(unit.toMillis(delay));
            tasks.add(task);
            return timer.newTimeout(unused -> {}, delay, unit);
        }

        void runLast() throws Exception {
            tasks.get(tasks.size() - 1).run(timer.newTimeout(unused -> {}, 0, TimeUnit.MILLISECONDS));
        }

        @Override
        public Set<Timeout> stop() {
            return Set.of();
        }
    }

    @Test
    void aFrozenRedisDelaysNobodyBeyondTheTimeout() {
        assertThat(grantedOf(4)).isEqualTo(4);

        server.freeze();

        assertThat(grantedOf(20)).isEqualTo(6);
        assertThat(store.state().mode()).isEqualTo(StoreState.Mode.LOCAL);
        server.thaw();
    }

    @Test
    void whatWasGrantedMeanwhileIsChargedWhenRedisThaws() {
        assertThat(grantedOf(4)).isEqualTo(4);
        server.freeze();
        assertThat(grantedOf(3)).isEqualTo(3);
        for (int i = 0; store.state().mode() == StoreState.Mode.SHARED && i < 20; i++) {
            StoreUnderTest.decide(store, new LimitRequest(Key.of("openai", "bob"), TEN_A_DAY, 1, 0))
                    .join();
        }

        server.thaw();

        await().atMost(Duration.ofSeconds(2)).until(() -> store.state().mode() == StoreState.Mode.SHARED);
        // The three calls that had timed out came after their deadline.
        await().atMost(Duration.ofSeconds(2)).until(() -> usedInRedis() == 7 && store.pendingCharges() == 0);
    }

    /** What is asked after them on the same connection sees that the late calls have charged nothing. */
    @Test
    void aCallThatComesToRedisAfterItsDeadlineChangesNothing() {
        RedisStore patient = new RedisStore(link, timer, Duration.ofSeconds(10));
        server.freeze();
        assertThat(grantedOf(3)).isEqualTo(3);
        CompletableFuture<List<LimitUsage>> usage =
                patient.usage(ALICE, TEN_A_DAY).toFuture();

        server.thaw();

        assertThat(usage.join().get(0).used()).isZero();
        await().atMost(Duration.ofSeconds(2)).until(() -> usedInRedis() == 3);
    }

    @Test
    void aRedisThatComesBackDecidesAgainWithinTwoSeconds() {
        grantedOf(2);
        server.kill();
        assertThat(grantedOf(10)).isEqualTo(8);

        server.restart();

        await().atMost(Duration.ofSeconds(2)).until(() -> store.state().mode() == StoreState.Mode.SHARED);
        // The server is empty; what was granted before and without it is charged there.
        assertThat(usedInRedis()).isEqualTo(10);
    }

    @Test
    void aLostScriptIsSentAgain() {
        grantedOf(1);
        try (var connection = client.connect()) {
            connection.sync().scriptFlush();
        }

        assertThat(grantedOf(3)).isEqualTo(3);
        assertThat(store.state().mode()).isEqualTo(StoreState.Mode.SHARED);
        assertThat(usedInRedis()).isEqualTo(4);
    }

    @Test
    void denyingOnFailureDeniesWithAMinimalWait() {
        store = failover(OnFailure.DENY);
        server.kill();

        for (int i = 0; i < 10; i++) {
            assertThat(decide()).isInstanceOfSatisfying(Denied.class, denied -> {
                assertThat(denied.reason()).isEqualTo(Decision.Reason.STORE_UNAVAILABLE);
                assertThat(denied.retryAfter()).isEqualTo(Duration.ofSeconds(1));
            });
        }
    }

    /** All that the gateways share was said to be left, while each request was denied. */
    @Test
    void whoseShareIsNothingIsSaidToHaveNothingLeft() {
        store = new FailoverStore(
                redis, new GatewayRegistry(link, PROMPT), new LocalStore(10), OnFailure.LOCAL, 3, timer);
        store.connectionClosed();
        Rule two = new Rule(2, null, 10_000, null);

        assertThat(StoreUnderTest.decide(store, new LimitRequest(ALICE, two, 1, 0))
                        .join())
                .isInstanceOf(Denied.class);
        assertThat(store.usage(ALICE, two).blockOptional().orElseThrow())
                .containsExactly(
                        new LimitUsage(LimitKind.MINUTE, 2, 0, 0, 1_000),
                        new LimitUsage(LimitKind.DAY, 10_000, 3_333, 0, 0));
    }

    @Test
    void allowingOnFailureLetsEverythingThrough() {
        store = failover(OnFailure.ALLOW);
        server.kill();

        assertThat(grantedOf(30)).isEqualTo(30);
    }

    @Test
    void aChargeGivenBackBeforeRedisLearnsOfItIsNeverCharged() {
        server.kill();
        Granted granted = (Granted) decide();
        grantedOf(8);

        store.giveBack(granted.charge());
        server.restart();

        await().atMost(Duration.ofSeconds(2)).until(() -> store.state().mode() == StoreState.Mode.SHARED);
        assertThat(usedInRedis()).isEqualTo(8);
    }

    @Test
    void aResetWithoutRedisIsMadeUpForWhenItIsBack() {
        grantedOf(5);
        server.freeze();
        while (store.state().mode() == StoreState.Mode.SHARED) {
            decide();
        }

        store.reset(ALICE).block();
        server.thaw();

        await().atMost(Duration.ofSeconds(2)).until(() -> store.state().mode() == StoreState.Mode.SHARED);
        assertThat(usedInRedis()).isZero();
    }

    /** It was done by chance, when something else was to be told, and took what had been spent until then. */
    @Test
    void aResetThatRedisMissesIsMadeUpForSoon() {
        grantedOf(5);
        try (var connection = client.connect()) {
            connection.sync().aclSetuser("default", AclSetuserArgs.Builder.removeCommand(CommandType.DEL));
            store.reset(ALICE).block();
            assertThat(usedInRedis()).isEqualTo(5);
            connection.sync().aclSetuser("default", AclSetuserArgs.Builder.addCommand(CommandType.DEL));
        }

        await().atMost(Duration.ofSeconds(5)).until(() -> usedInRedis() == 0);
        assertThat(store.failovers()).isZero();
    }

    /** Each probe failed with it. */
    @Test
    void aResetThatRedisDoesNotTakeKeepsItFromNothingElse() {
        grantedOf(5);
        try (var connection = client.connect()) {
            connection.sync().aclSetuser("default", AclSetuserArgs.Builder.removeCommand(CommandType.DEL));
            store.connectionClosed();
            store.reset(ALICE).block();

            await().atMost(Duration.ofSeconds(2)).until(() -> store.state().mode() == StoreState.Mode.SHARED);
        }
    }

    @Test
    void aRedisThatIsDownAtStartUpIsUsedAsSoonAsItIsThere() {
        TestRedis later = TestRedis.start();
        later.kill();
        RedisClient lateClient = RedisClient.create(later.uri());
        try (RedisLink lateLink = new RedisLink(lateClient, "late")) {
            long begin = System.nanoTime();
            lateLink.start(Duration.ofSeconds(5));
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(1));
            store = new FailoverStore(
                    new RedisStore(lateLink, timer, Duration.ofMillis(100)),
                    new GatewayRegistry(lateLink, Duration.ofMillis(100)),
                    new LocalStore(10),
                    OnFailure.LOCAL,
                    1,
                    timer);
            store.start(lateLink.isOpen(), Duration.ofSeconds(2));
            assertThat(decide()).isInstanceOf(Granted.class);
            assertThat(store.state().mode()).isEqualTo(StoreState.Mode.LOCAL);

            later.restart();

            await().atMost(Duration.ofSeconds(3)).until(() -> store.state().mode() == StoreState.Mode.SHARED);
        } finally {
            lateClient.shutdown();
            later.close();
        }
    }

    /** It fell off the roll, and the others took its share of what was left for their own. */
    @Test
    void aGatewayThatTellsRedisWhatItHasLostStaysOnTheRoll() {
        TcpProxy network = TcpProxy.to(server.port());
        RedisClient slowClient = RedisClient.create("redis://localhost:" + network.port());
        Duration patience = Duration.ofSeconds(10);
        try (network;
                RedisLink slowLink = new RedisLink(slowClient, "failover")) {
            slowLink.start(patience);
            FailoverStore slow = new FailoverStore(
                    new RedisStore(slowLink, timer, patience),
                    new GatewayRegistry(slowLink, patience),
                    new LocalStore(1_000),
                    OnFailure.LOCAL,
                    1,
                    timer);
            slow.start(true, patience);
            for (int user = 0; user < 100; user++) {
                StoreUnderTest.decide(slow, new LimitRequest(Key.of("openai", "user-" + user), TEN_A_DAY, 1, 0))
                        .join();
            }
            try (var connection = client.connect()) {
                connection.sync().flushall();
            }
            network.delay(() -> 800);
            slow.connectionClosed();

            GatewayRegistry looking = new GatewayRegistry(link, patience);
            AtomicInteger seen = new AtomicInteger();
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                int alive = looking.announce().get(0).join().alive().size();
                // This gateway and the looking one have one name; the slow one comes when it has found Redis again.
                assertThat(alive).isGreaterThanOrEqualTo(seen.get());
                seen.set(alive);
                return slow.state().mode() == StoreState.Mode.SHARED;
            });
            assertThat(seen).hasValue(2);
            slow.close();
        } finally {
            slowClient.shutdown();
        }
    }
}
