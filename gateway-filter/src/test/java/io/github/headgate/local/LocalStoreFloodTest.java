package io.github.headgate.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** The local store under callers who invent users, and under many threads. Time passes only when a test says so. */
class LocalStoreFloodTest {

    private static final int MAX_KEYS = 5_000;
    private static final int THREADS = 8;
    private static final Rule TEN = Rule.of(10, 100, 1_000, 10);
    private static final Rule SHORT = new Rule(10, null, null, null);

    private final AtomicLong nanos = new AtomicLong(1_700_000_000_000_000_000L);
    private final LocalStore store = new LocalStore(MAX_KEYS, nanos::get);

    private void advance(Duration by) {
        nanos.addAndGet(by.toNanos());
    }

    private boolean granted(Key key, Rule rule) {
        return store.decide(new LimitRequest(key, rule, 1, 0)).isGranted();
    }

    private int used(Key key, Rule rule) {
        return store.usage(key, rule).blockOptional().orElseThrow().get(0).used();
    }

    private static Key user(String provider, int number) {
        return Key.of(provider, "user-" + number);
    }

    private static void inThreads(IntConsumer work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int number = i;
                all.add(threads.submit(() -> work.accept(number)));
            }
            for (Future<?> each : all) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aMillionUsersNeitherGrowTheStoreNorPushOutAKeyInUse() throws Exception {
        for (int i = 0; i < 100; i++) {
            for (int used = i % 10; used >= 0; used--) {
                assertThat(granted(user("known", i), TEN)).isTrue();
            }
        }
        AtomicInteger largest = new AtomicInteger();
        long before = heapUsed();

        inThreads(thread -> {
            for (int i = 0; i < 1_000_000 / THREADS; i++) {
                var unused = granted(Key.of("flood", thread + "-" + i), TEN);
                largest.accumulateAndGet(store.size(), Math::max);
            }
        });

        assertThat(largest).hasValue(MAX_KEYS);
        // A key takes about a kilobyte; a million of them would take a gigabyte.
        assertThat(heapUsed() - before).isLessThan(50_000_000);
        for (int i = 0; i < 100; i++) {
            assertThat(used(user("known", i), TEN)).as("user %d", i).isEqualTo(i % 10 + 1);
        }
    }

    private static long heapUsed() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private void fill(Rule rule) {
        for (int i = 0; i < MAX_KEYS; i++) {
            assertThat(granted(user("full", i), rule)).isTrue();
        }
        assertThat(store.size()).isEqualTo(MAX_KEYS);
    }

    @Test
    void usersThatAFullStoreDoesNotKnowShareOneQuotaPerProvider() {
        fill(TEN);

        for (String provider : List.of("openai", "claude")) {
            int granted = 0;
            for (int i = 0; i < 1_000; i++) {
                granted += granted(user(provider, i), TEN) ? 1 : 0;
            }
            assertThat(granted).as(provider).isEqualTo(10);
            assertThat(used(new Key(provider, UserId.OVERFLOW), TEN)).isEqualTo(10);
        }
        assertThat(store.size()).isEqualTo(MAX_KEYS);
    }

    @Test
    void usersThatAFullStoreKnowsKeepTheirOwnQuota() {
        fill(TEN);
        for (int i = 0; i < 100; i++) {
            var unused = granted(user("full", MAX_KEYS + i), TEN);
        }

        for (int i = 0; i < 9; i++) {
            assertThat(granted(user("full", 17), TEN)).isTrue();
        }
        assertThat(granted(user("full", 17), TEN)).isFalse();
    }

    @Test
    void anUnknownUserGetsAKeyOfHisOwnWhenOthersHaveExpired() {
        fill(SHORT);
        for (int i = 0; i < 20; i++) {
            var unused = granted(user("late", i), SHORT);
        }
        assertThat(granted(user("late", 20), SHORT)).isFalse();
        advance(Duration.ofSeconds(61));
        // The overflow key is as good as new, too; more than one of its quota shows that keys are users' own.

        int granted = 0;
        for (int i = 0; i < 1_000; i++) {
            granted += granted(user("later", i), SHORT) ? 1 : 0;
        }

        assertThat(granted).isEqualTo(1_000);
        assertThat(used(user("later", 999), SHORT)).isEqualTo(1);
        assertThat(store.size()).isLessThanOrEqualTo(MAX_KEYS);
    }

    @Test
    void aKeyIsHeldUntilItsBurstIsFullByTheRuleOfItsLastCharge() {
        Rule fast = new Rule(60, null, null, 100);
        Rule slow = new Rule(1, null, null, 100);
        Key key = user("slowed", 0);
        assertThat(store.decide(new LimitRequest(key, fast, 50, 0)).isGranted()).isTrue();
        advance(Duration.ofSeconds(62));
        assertThat(granted(key, slow)).isTrue();

        // Enough to fill the burst at the first rule's rate, not at the second's. A newcomer makes the store look.
        advance(Duration.ofMinutes(3));
        assertThat(granted(user("newcomer", 0), TEN)).isTrue();
        assertThat(store.holds(key)).isTrue();

        advance(Duration.ofMinutes(48));
        assertThat(granted(user("newcomer", 1), TEN)).isTrue();
        assertThat(store.holds(key)).isFalse();
    }

    /** A key whose last request had waited was never dropped: nobody came to turn its reservation into a charge. */
    @Test
    void keysWhoseLastRequestHadWaitedMakeRoomToo() {
        Rule oneASecond = new Rule(60, null, null, 1);
        for (int i = 0; i < MAX_KEYS; i++) {
            assertThat(granted(user("full", i), oneASecond)).isTrue();
            assertThat(store.decide(new LimitRequest(user("full", i), oneASecond, 1, 5_000))
                            .isGranted())
                    .isTrue();
        }
        advance(Duration.ofSeconds(63));

        for (int i = 0; i < 1_000; i++) {
            assertThat(granted(user("later", i), oneASecond)).isTrue();
        }
    }

    @Test
    void whatTheOverflowKeyWasChargedIsGivenBackToIt() {
        fill(TEN);
        Granted granted = (Granted) store.decide(new LimitRequest(user("openai", 1), TEN, 4, 0));
        Key overflow = new Key("openai", UserId.OVERFLOW);
        assertThat(used(overflow, TEN)).isEqualTo(4);

        store.giveBack(granted.charge());

        assertThat(used(overflow, TEN)).isZero();
    }

    @Test
    void aFullStoreDoesNotTakeOnWhatRedisGrantedToUsersItDoesNotKnow() {
        fill(TEN);

        Charge unknown = store.charge(new LimitRequest(user("openai", 1), TEN, 1, 0), 0, List.of());
        Charge known = store.charge(new LimitRequest(user("full", 1), TEN, 1, 0), 0, List.of());

        assertThat(unknown).isNull();
        assertThat(known).isNotNull();
        assertThat(used(new Key("openai", UserId.OVERFLOW), TEN)).isZero();
    }

    @Test
    void eightThreadsOnOneKeyAreGrantedExactlyTheLimit() throws Exception {
        Key key = Key.of("openai", "alice");
        Rule hundred = Rule.of(100, 1_000, 10_000, 100);
        AtomicInteger granted = new AtomicInteger();

        inThreads(thread -> {
            for (int i = 0; i < 5_000; i++) {
                if (granted(key, hundred)) {
                    granted.incrementAndGet();
                }
            }
        });

        assertThat(granted).hasValue(100);
    }

    @Test
    void whatThreadsTakeAndGiveBackAtOnceAddsUp() throws Exception {
        Key key = Key.of("openai", "alice");
        Rule hundred = Rule.of(100, 100, 100, 100);
        AtomicInteger kept = new AtomicInteger();

        inThreads(thread -> {
            Random random = new Random(thread);
            for (int i = 0; i < 20_000; i++) {
                Decision decision = store.decide(new LimitRequest(key, hundred, 1 + random.nextInt(3), 0));
                if (decision instanceof Granted granted) {
                    if (random.nextInt(2_000) > 0) {
                        store.giveBack(granted.charge());
                    } else {
                        kept.addAndGet(granted.charge().permits());
                    }
                }
            }
        });

        assertThat(kept.get()).isPositive();
        assertThat(used(key, hundred)).isEqualTo(kept.get());
    }

    @Test
    void keysThatComeAndGoInManyThreadsAreCountedRight() throws Exception {
        LocalStore small = new LocalStore(16, nanos::get);

        inThreads(thread -> {
            Random random = new Random(thread);
            List<Charge> charges = new ArrayList<>();
            for (int i = 0; i < 30_000; i++) {
                Key key = user("openai", random.nextInt(64));
                switch (random.nextInt(8)) {
                    case 0 -> small.forget(key);
                    case 1 -> {
                        if (!charges.isEmpty()) {
                            small.giveBack(charges.remove(random.nextInt(charges.size())));
                        }
                    }
                    case 2 -> advance(Duration.ofMillis(random.nextInt(3_000)));
                    case 3 -> {
                        Charge shadow =
                                small.charge(new LimitRequest(key, SHORT, 1, 0), random.nextInt(1_000), List.of());
                        if (shadow != null) {
                            charges.add(shadow);
                        }
                    }
                    default -> {
                        if (small.decide(new LimitRequest(key, SHORT, 1, random.nextInt(2) * 5_000L))
                                instanceof Granted granted) {
                            charges.add(granted.charge());
                        }
                    }
                }
                assertThat(small.usage(key, SHORT)
                                .blockOptional()
                                .orElseThrow()
                                .get(0)
                                .used())
                        .isBetween(0, 10);
            }
        });

        assertThat(small.size()).isBetween(0, 16);
        advance(Duration.ofMinutes(3));
        // Every new key looks at some others.
        for (int i = 0; i < 100; i++) {
            Key key = user("after", i);
            var unused = small.decide(new LimitRequest(key, SHORT, 1, 0));
            small.forget(key);
        }
        assertThat(small.size()).isZero();
    }
}
