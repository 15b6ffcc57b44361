package io.github.headgate.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.contract.StoreUnderTest;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.redis.RedisStore;
import io.github.headgate.testing.TcpProxy;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real server is told by one gateway of what it does not know. */
class ReconciliationTest {

    private static final Rule TWENTY_A_DAY = new Rule(null, null, 20, null);
    private static final Key ALICE = Key.of("openai", "alice");
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final TestRedis server = TestRedis.start();
    private final HashedWheelTimer timer = new HashedWheelTimer();
    private final TcpProxy network = TcpProxy.to(server.port());
    private final RedisClient client = RedisClient.create("redis://localhost:" + network.port());
    private final RedisLink link = new RedisLink(client, "told");
    private final RedisStore redis = new RedisStore(link, timer, Duration.ofSeconds(2));
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
        network.close();
        server.close();
    }

    private PendingCharges.Entry grantWithoutRedis(LimitRequest request, long delayMillis) {
        Granted granted = (Granted) local.standIn(request, request);
        return reconciliation.granted(request, delayMillis, granted.charge());
    }

    private int usedInRedis() {
        return usedInRedis(ALICE);
    }

    private int usedInRedis(Key key) {
        return redis.usage(key, TWENTY_A_DAY)
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
        grantFiveThatRedisLoses();

        server.freeze();
        CompletableFuture<Void> one = reconciliation.announce();
        CompletableFuture<Void> other = reconciliation.tell();
        server.thaw();
        CompletableFuture.allOf(one, other).join();

        assertThat(usedInRedis()).isEqualTo(5);
    }

    @Test
    void whatIsToldAgainBecauseItsAnswerWasLateIsChargedOnce() {
        for (int i = 0; i < 5; i++) {
            grantWithoutRedis(new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0), 0);
        }

        tellWithALateAnswer();

        assertThat(usedInRedis()).isEqualTo(5);
    }

    @Test
    void whatIsToldAgainBecauseItsAnswerWasLateIsGivenBackOnce() {
        Granted granted = (Granted) StoreUnderTest.decide(redis, new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0))
                .join();
        StoreUnderTest.decide(redis, new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0))
                .join();
        reconciliation.refunds().add(granted.charge());

        tellWithALateAnswer();

        assertThat(usedInRedis()).isEqualTo(1);
    }

    @Test
    void aHistoryThatIsToldAgainBecauseItsAnswerWasLateIsChargedOnce() {
        grantFiveThatRedisLoses();

        tellWithALateAnswer();

        assertThat(usedInRedis()).isEqualTo(5);
    }

    private void grantFiveThatRedisLoses() {
        assertThat(local.charge(new LimitRequest(ALICE, TWENTY_A_DAY, 5, 0), 0, List.of()))
                .isNotNull();
        try (var connection = client.connect()) {
            connection.sync().flushall();
        }
    }

    /** The announcement is answered, what comes next is executed, and its answer comes when nobody waits for it. */
    private void tellWithALateAnswer() {
        AtomicInteger answers = new AtomicInteger();
        network.delay(() -> answers.incrementAndGet() == 1 ? 0 : 4_000);

        assertThatThrownBy(reconciliation.tell()::join).hasRootCauseInstanceOf(TimeoutException.class);

        network.heal();
        // Behind the late answer, which is longer than telling may take.
        reconciliation.announce().join();
        reconciliation.tell().join();
        assertThat(reconciliation.charges().isEmpty()).isTrue();
        assertThat(reconciliation.refunds().isEmpty()).isTrue();
    }

    @Test
    void eachGrantIsChargedOnceThoughItIsToldTwiceAtTheSameTime() {
        for (int i = 0; i < 5; i++) {
            grantWithoutRedis(new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0), 0);
        }

        CompletableFuture.allOf(reconciliation.tell(), reconciliation.tell()).join();

        assertThat(usedInRedis()).isEqualTo(5);
    }

    /** It was charged when Redis was told, and so left the window before the request that waited for it. */
    @Test
    void whatWaitsHereIsReservedThere() {
        Rule aMinute = new Rule(10, null, null, null);
        grantWithoutRedis(new LimitRequest(ALICE, aMinute, 3, 0), 11_000);

        reconciliation.tell().join();

        assertThat(redis.usage(ALICE, aMinute).blockOptional().orElseThrow())
                .singleElement()
                .satisfies(usage -> assertThat(usage.resetMillis()).isBetween(70_000L, 73_000L));
    }

    /** It stayed charged there. */
    @ParameterizedTest
    @ValueSource(longs = {0, 11_000})
    void whatIsGivenBackAfterRedisHasChargedItIsGivenBackThereToo(long delayMillis) {
        LimitRequest two = new LimitRequest(ALICE, TWENTY_A_DAY, 2, 0);
        PendingCharges.Entry entry = grantWithoutRedis(two, delayMillis);
        grantWithoutRedis(new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0), delayMillis);
        reconciliation.tell().join();
        assertThat(usedInRedis()).isEqualTo(3);

        assertThat(entry.giveBack()).isFalse();

        reconciliation.tell().join();
        assertThat(usedInRedis()).isEqualTo(1);
    }

    /** What had been charged was in the answer that was lost. */
    @Test
    void whatRedisHasConfirmedWhenItWasToldAgainIsGivenBackThereToo() {
        PendingCharges.Entry entry = grantWithoutRedis(new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0), 0);
        tellWithALateAnswer();

        assertThat(entry.giveBack()).isFalse();

        reconciliation.tell().join();
        assertThat(usedInRedis()).isZero();
    }

    @Test
    void whatIsPutBackIsCountedGrantByGrant() {
        PendingCharges charges = new PendingCharges(10, () -> "name", charge -> {});
        for (int i = 0; i < 3; i++) {
            charges.add(new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0), 0, () -> false);
        }
        List<Telling> taken = charges.take(10);
        assertThat(charges.size()).isZero();

        taken.forEach(charges::putBack);

        assertThat(taken).hasSize(1);
        assertThat(charges.size()).isEqualTo(3);
    }

    @Test
    void whatIsGivenBackWhileRedisIsToldIsGivenBackThereToo() {
        PendingCharges.Entry entry = grantWithoutRedis(new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0), 0);
        AtomicInteger answers = new AtomicInteger();
        network.delay(() -> answers.incrementAndGet() == 1 ? 0 : 500);
        CompletableFuture<Void> told = reconciliation.tell();
        await().until(() -> reconciliation.charges().isEmpty());

        assertThat(entry.giveBack()).isFalse();

        told.join();
        network.heal();
        await().until(() -> usedInRedis() == 0);
    }

    @Test
    void nobodyWaitsBehindWhatHasGone() {
        grantWithoutRedis(new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0), 0);

        reconciliation.tell().join();

        assertThat(StoreUnderTest.decide(redis, new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0))
                        .join())
                .isInstanceOfSatisfying(
                        Granted.class,
                        granted -> assertThat(granted.delayMillis()).isZero());
    }

    /** The history of a key that was not told yet had it, and it was charged by itself once more. */
    @Test
    void whatIsGrantedWhileHistoriesAreToldIsChargedOnce() {
        List<Key> users = IntStream.range(0, 80)
                .mapToObj(i -> Key.of("openai", "user-" + i))
                .toList();
        users.forEach(user -> local.charge(new LimitRequest(user, TWENTY_A_DAY, 5, 0), 0, List.of()));
        try (var connection = client.connect()) {
            connection.sync().flushall();
        }
        // The announcement is answered at once, the first histories are not.
        AtomicInteger answers = new AtomicInteger();
        network.delay(() -> answers.incrementAndGet() == 1 ? 0 : 1_000);
        CompletableFuture<Void> told = reconciliation.tell();
        await().until(reconciliation::isRestoring);
        users.forEach(user -> grantWithoutRedis(new LimitRequest(user, TWENTY_A_DAY, 1, 0), 0));
        reconciliation.announce().join();
        assertThat(told).isNotDone();
        network.heal();

        told.join();
        reconciliation.tell().join();

        assertThat(users).allSatisfy(user -> assertThat(usedInRedis(user)).isEqualTo(6));
        assertThat(reconciliation.isRestoring()).isFalse();
    }

    /** The client writes a call again that was under way when its connection broke; it took what others had spent. */
    @Test
    void whatIsGivenBackAgainBecauseTheConnectionBrokeIsGivenBackOnce() {
        List<Granted> granted = IntStream.range(0, 3)
                .mapToObj(i -> (Granted) StoreUnderTest.decide(redis, new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0))
                        .join())
                .toList();
        RedisClient direct = server.client();
        try (var connection = direct.connect()) {
            String before = connection.sync().get("told:{openai:alice}");
            network.delay(() -> 10_000);
            // The client fails what is first in line, and writes the rest again.
            var first = redis.usage(ALICE, TWENTY_A_DAY).toFuture();
            redis.giveBack(granted.get(0).charge());
            await().until(() -> !connection.sync().get("told:{openai:alice}").equals(before));

            network.reset();
            network.heal();

            await().until(() -> link.isOpen()
                    && reconciliation
                            .announce()
                            .handle((done, failure) -> failure == null)
                            .join());
            assertThat(usedInRedis()).isEqualTo(2);
            assertThat(first).isCompletedExceptionally();
        } finally {
            direct.shutdown();
        }
    }

    /** It was told once more, after the reset. */
    @Test
    void whatRedisIsBeingToldOfAKeyThatIsResetIsNotToldAgain() {
        grantWithoutRedis(new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0), 0);
        AtomicInteger answers = new AtomicInteger();
        network.delay(() -> answers.incrementAndGet() == 1 ? 0 : 4_000);
        CompletableFuture<Void> told = reconciliation.tell();
        await().until(() -> reconciliation.charges().isEmpty());

        reconciliation.forget(ALICE);

        assertThatThrownBy(told::join).hasRootCauseInstanceOf(TimeoutException.class);
        assertThat(reconciliation.charges().isEmpty()).isTrue();
    }

    /** Those that had been granted by the key which all share who find no room were lost. */
    @Test
    void whatWasGrantedByTheOverflowKeyIsToldToARedisThatLostItsData() {
        LocalStore small = new LocalStore(1);
        Reconciliation another = new Reconciliation(
                redis, new GatewayRegistry(link, PATIENCE), small, new Gateways("one", 1), timer, () -> true);
        another.announce().join();
        LimitRequest request = new LimitRequest(ALICE, TWENTY_A_DAY, 1, 0);
        Key bob = Key.of("openai", "bob");
        small.charge(new LimitRequest(bob, TWENTY_A_DAY, 1, 0), 0, List.of());
        another.granted(request, 0, ((Granted) small.standIn(request, request)).charge());
        small.forget(bob);
        another.granted(request, 0, ((Granted) small.standIn(request, request)).charge());
        try (var connection = client.connect()) {
            connection.sync().flushall();
        }

        another.tell().join();

        assertThat(usedInRedis()).isEqualTo(2);
    }

    /** On a Cluster a roll that is in use again was taken for lost data, and all was charged once more. */
    @Test
    void aRollThatHasLeftRedisByItselfIsNoLoss() {
        Reconciliation.Marker friday = new Reconciliation.Marker("one", 0);

        assertThat(friday.isForgotten(
                        new Reconciliation.Marker("other", Duration.ofHours(23).toMillis())))
                .isFalse();
        assertThat(friday.isForgotten(
                        new Reconciliation.Marker("other", Duration.ofHours(60).toMillis())))
                .isTrue();
    }
}
