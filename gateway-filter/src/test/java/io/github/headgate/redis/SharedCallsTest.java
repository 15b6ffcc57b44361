package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Granted;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import io.github.headgate.contract.StoreUnderTest;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.TimerTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Checks that share a call: those that come while calls are under way, for which the server is frozen, and those that
 * come before a call is written, for which the client is held up.
 */
class SharedCallsTest {

    private static final Rule THREE_WINDOWS = Rule.of(40, 60, 80, 50);

    private final TestRedis server = TestRedis.start();
    private final HashedWheelTimer timer = new HashedWheelTimer(5, TimeUnit.MILLISECONDS);
    private final RedisClient client = server.client();
    private final RedisLink link = new RedisLink(client, "shared");
    private final RedisStore store = store(Duration.ofSeconds(20));
    private final CountDownLatch letGo = new CountDownLatch(1);

    private RedisStore store(Duration timeout) {
        return store(timer, timeout);
    }

    private RedisStore store(Timer measure, Duration timeout) {
        return new RedisStore(link, measure, timeout, new DenialMemory(0), () -> 1_700_000_000_000_000L);
    }

    @BeforeEach
    void connect() {
        link.start(Duration.ofSeconds(10));
    }

    @AfterEach
    void close() {
        letGo.countDown();
        link.close();
        client.shutdown();
        timer.stop();
        server.close();
    }

    private static Key key(String name) {
        return Key.of("openai", name);
    }

    private static CompletableFuture<Decision> ask(RedisStore store, Key key, int permits, long maxWait) {
        return StoreUnderTest.decide(store, new LimitRequest(key, THREE_WINDOWS, permits, maxWait));
    }

    /** Holds up the client's event loop, as long as it is not let go, with a caller that keeps it when he is told. */
    private void holdUpClient(RedisStore asked) throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        asked.decide(request("holder"), new Caller() {
            @Override
            public void decided(Decision decision, Origin origin) {
                held.countDown();
                try {
                    letGo.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        assertThat(held.await(10, TimeUnit.SECONDS)).isTrue();
    }

    private static LimitRequest request(String key) {
        return new LimitRequest(key(key), THREE_WINDOWS, 1, 0);
    }

    private int used(String key) {
        return store.usage(key(key), THREE_WINDOWS)
                .blockOptional()
                .orElseThrow()
                .get(0)
                .used();
    }

    private long scriptCalls() {
        try (var connection = client.connect()) {
            return connection
                    .sync()
                    .info("commandstats")
                    .lines()
                    .filter(line -> line.startsWith("cmdstat_evalsha:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^=]*calls=(\\d+),.*", "$1")))
                    .sum();
        }
    }

    @Test
    void checksThatShareACallAreDecidedAsIfEachHadItsOwn() {
        Random random = new Random(20_261_124);
        for (int history = 0; history < 30; history++) {
            List<int[]> requests = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                requests.add(new int[] {1 + random.nextInt(3) / 2, random.nextInt(3) == 0 ? 60_000 : 0});
            }
            Key alone = key("alone" + history);
            List<Decision> expected = new ArrayList<>();
            for (int[] each : requests) {
                expected.add(ask(store, alone, each[0], each[1]).join());
            }

            Key together = key("together" + history);
            server.freeze();
            List<CompletableFuture<Decision>> answers = new ArrayList<>();
            for (int[] each : requests) {
                answers.add(ask(store, together, each[0], each[1]));
            }
            server.thaw();

            for (int i = 0; i < requests.size(); i++) {
                assertThat(said(answers.get(i).join()))
                        .as("history %d, request %d", history, i)
                        .isEqualTo(said(expected.get(i)));
            }
        }
    }

    @Test
    void keysUnderDifferentRulesThatShareACallAreDecidedAsIfEachHadItsOwn() {
        Random random = new Random(20_261_128);
        List<Rule> rules = List.of(THREE_WINDOWS, Rule.of(3, 60, 80, 50), new Rule(null, 3, null, null));
        for (int history = 0; history < 30; history++) {
            List<LimitRequest> requests = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                int user = random.nextInt(40);
                requests.add(new LimitRequest(
                        key("alone" + history + "-" + user), rules.get(user * 3 / 40), 1 + random.nextInt(6) / 5, 0));
            }
            List<Decision> expected = new ArrayList<>();
            for (LimitRequest each : requests) {
                expected.add(StoreUnderTest.decide(store, each).join());
            }

            server.freeze();
            List<CompletableFuture<Decision>> answers = new ArrayList<>();
            for (LimitRequest each : requests) {
                answers.add(StoreUnderTest.decide(
                        store, each.by(key("together-" + each.key().user()))));
            }
            server.thaw();

            for (int i = 0; i < requests.size(); i++) {
                assertThat(said(answers.get(i).join()))
                        .as("history %d, %s", history, requests.get(i))
                        .isEqualTo(said(expected.get(i)));
            }
        }
    }

    private static String said(Decision decision) {
        return decision instanceof Granted granted
                ? "granted " + granted.delayMillis() + " " + granted.usage()
                : decision.toString();
    }

    @Test
    void answersComeOnTheClientsEventLoopHoweverSoonTheyCome() {
        Caller caller = new Caller();
        for (int i = 1; i <= 1_000; i++) {
            int asked = i;
            store.decide(request("user" + i), caller);
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofNanos(1_000))
                    .until(() -> caller.told.get() == asked);
        }

        assertThat(caller.threads).hasSize(1).doesNotContain(Thread.currentThread());
    }

    @Test
    void whatComesBeforeACallIsWrittenGoesWithIt() throws InterruptedException {
        assertThat(callsOfGathered(15, 4)).isEqualTo(1);
        assertThat(used("user2")).isEqualTo(4);
    }

    @Test
    void manyChecksOfManyKeysShareTwoCalls() throws InterruptedException {
        assertThat(callsOfGathered(100, 33)).isEqualTo(2);
        assertThat(used("user7")).isEqualTo(3);
    }

    /** How many script calls so many checks take that come before the client can write any. */
    private long callsOfGathered(int checks, int users) throws InterruptedException {
        long before = scriptCalls();
        holdUpClient(store);
        List<CompletableFuture<Decision>> answers = new ArrayList<>();
        for (int i = 0; i < checks; i++) {
            answers.add(ask(store, key("user" + i % users), 1, 0));
        }
        letGo.countDown();
        assertThat(answers).allMatch(answer -> answer.join().isGranted());
        // One was the holder's.
        return scriptCalls() - before - 1;
    }

    @Test
    void whoCancelsBeforeHisCallIsWrittenIsNotCharged() throws InterruptedException {
        holdUpClient(store);
        Caller caller = new Caller();
        store.decide(request("gone"), caller);
        caller.gone = true;
        letGo.countDown();

        assertThat(ask(store, key("behind"), 1, 0).join().isGranted()).isTrue();
        assertThat(used("gone")).isZero();
        assertThat(caller.told).hasValue(0);
    }

    @Test
    void whoThrowsWhenHeIsToldKeepsNobodyElseFromBeingTold() throws InterruptedException {
        holdUpClient(store);
        store.decide(request("thrower"), new Thrower());
        CompletableFuture<Decision> behind = ask(store, key("behind"), 1, 0);
        letGo.countDown();

        assertThat(behind).succeedsWithin(Duration.ofSeconds(10));
    }

    @Test
    void whoThrowsWhenHisCheckFailsKeepsNobodyElseFromBeingTold() {
        RedisStore impatient = store(Duration.ofMillis(100));
        server.freeze();
        CompletableFuture<Decision> ahead = ask(impatient, key("ahead"), 1, 0);
        impatient.decide(request("thrower"), new Thrower());
        CompletableFuture<Decision> behind = ask(impatient, key("behind"), 1, 0);

        await().atMost(Duration.ofSeconds(5))
                .until(() -> ahead.isCompletedExceptionally() && behind.isCompletedExceptionally());
    }

    @Test
    void checksWhoseCallCannotBeWrittenAreToldSo() {
        AtomicInteger told = new AtomicInteger();
        RedisStore speechless = new RedisStore(link, timer, Duration.ofSeconds(20), new DenialMemory(0), () -> {
            if (told.incrementAndGet() > 1) {
                throw new IllegalStateException("no clock");
            }
            return 1_700_000_000_000_000L;
        });

        CompletableFuture<Decision> answer = ask(speechless, key("unasked"), 1, 0);

        await().atMost(Duration.ofSeconds(5)).until(answer::isCompletedExceptionally);
    }

    @Test
    void aListenerThatThrowsKeepsNobodyFromBeingTold() {
        RedisStore impatient = store(Duration.ofMillis(100));
        impatient.listen(new CallListener() {
            @Override
            public void answered(long nanos) {
                throw new IllegalStateException("an answer too many");
            }

            @Override
            public void failed(long nanos, Throwable cause) {
                throw new IllegalStateException("a failure too many");
            }
        });

        assertThat(ask(impatient, key("heard"), 1, 0)).succeedsWithin(Duration.ofSeconds(5));

        server.freeze();
        CompletableFuture<Decision> failing = ask(impatient, key("heard"), 1, 0);
        await().atMost(Duration.ofSeconds(5)).until(failing::isCompletedExceptionally);
    }

    @Test
    void whoHoldsUpTheClientHoldsUpNobodyBeyondTheTimeout() throws InterruptedException {
        RedisStore impatient = store(Duration.ofMillis(100));
        holdUpClient(impatient);
        List<CompletableFuture<Decision>> answers =
                List.of(ask(impatient, key("late"), 1, 0), ask(impatient, key("late"), 2, 0));

        await().atMost(Duration.ofSeconds(5))
                .until(() -> answers.stream().allMatch(CompletableFuture::isCompletedExceptionally));
        letGo.countDown();

        await().pollInterval(Duration.ofMillis(10)).until(() -> used("late") == 0);
        assertThat(ask(impatient, key("late"), 40, 0).join().isGranted()).isTrue();
    }

    @Test
    void aCheckThatIsCancelledBeforeItsCallIsSentIsNotCharged() {
        server.freeze();
        List<CompletableFuture<Decision>> ahead = List.of(ask(store, key("a"), 1, 0), ask(store, key("b"), 1, 0));
        Caller caller = new Caller();
        caller.gone = true;
        store.decide(request("gone"), caller);
        CompletableFuture<Decision> behind = ask(store, key("c"), 1, 0);
        server.thaw();

        assertThat(ahead).allMatch(answer -> answer.join().isGranted());
        assertThat(behind.join().isGranted()).isTrue();
        assertThat(caller.told).hasValue(0);
        assertThat(used("gone")).isZero();
    }

    /** As when the check that was the oldest has gone with another call. */
    @Test
    void aCallIsNotGivenUpAsLongAsItsOldestCheckHasTimeLeft() {
        FirstTimeoutAtOnce tooEarly = new FirstTimeoutAtOnce();
        server.freeze();

        CompletableFuture<Decision> answer = ask(store(tooEarly, Duration.ofSeconds(20)), key("alice"), 1, 0);

        await().pollInterval(Duration.ofMillis(2)).until(() -> tooEarly.timeouts.get() == 2);
        server.thaw();
        assertThat(answer.join().isGranted()).isTrue();
    }

    @Test
    void everyCheckOfACallThatFailsIsToldAndTheOldestWaitsNoLongerThanTheTimeout() {
        RedisStore impatient = store(Duration.ofMillis(100));
        server.freeze();
        long begin = System.nanoTime();
        List<CompletableFuture<Decision>> answers = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            answers.add(ask(impatient, key("user" + i % 10), 1, 0));
        }

        await().pollInterval(Duration.ofMillis(2)).until(() -> answers.stream().allMatch(CompletableFuture::isDone));

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(600));
        assertThat(answers).allMatch(CompletableFuture::isCompletedExceptionally);
        server.thaw();
        // What the server does after all is given back when its answer comes.
        await().pollInterval(Duration.ofMillis(10)).until(() -> {
            int charged = 0;
            for (int i = 0; i < 10; i++) {
                charged += used("user" + i);
            }
            return charged == 0;
        });
    }

    @Test
    void aServerThatIsKilledWithChecksUnderWayLeavesNoneWithoutAnAnswer() {
        RedisStore impatient = store(Duration.ofMillis(100));
        server.freeze();
        List<CompletableFuture<Decision>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            answers.add(ask(impatient, key("user" + i), 1, 0));
        }

        server.kill();

        await().atMost(Duration.ofSeconds(2))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> answers.stream().allMatch(CompletableFuture::isCompletedExceptionally));
    }

    /** Who counts how often, and notes on which threads, he is told something, and may go. */
    private static class Caller implements DecisionSink {

        private final AtomicInteger told = new AtomicInteger();
        private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
        private volatile boolean gone;

        @Override
        public void decided(Decision decision, Origin origin) {
            threads.add(Thread.currentThread());
            told.incrementAndGet();
        }

        @Override
        public void failed(Throwable cause) {
            told.incrementAndGet();
        }

        @Override
        public boolean isCancelled() {
            return gone;
        }
    }

    /** The timer, but that its first timeout is over as soon as it is asked for. */
    private final class FirstTimeoutAtOnce implements Timer {

        private final AtomicInteger timeouts = new AtomicInteger();

        @Override
        public Timeout newTimeout(TimerTask task, long delay, TimeUnit unit) {
            return timer.newTimeout(task, timeouts.incrementAndGet() == 1 ? 0 : delay, unit);
        }

        @Override
        public Set<Timeout> stop() {
            return Set.of();
        }
    }

    private static final class Thrower extends Caller {

        @Override
        public void decided(Decision decision, Origin origin) {
            throw new IllegalStateException("cannot be told");
        }

        @Override
        public void failed(Throwable cause) {
            throw new IllegalStateException("cannot be told");
        }
    }
}
