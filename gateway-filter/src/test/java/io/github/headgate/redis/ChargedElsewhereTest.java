package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.arithmetic.KeyState;
import io.github.headgate.arithmetic.SlotCharge;
import io.github.headgate.arithmetic.Spent;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was granted without Redis, charged there when it is back. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChargedElsewhereTest {

    private static final Key ALICE = Key.of("openai", "alice");
    private static final Rule TEN = new Rule(10, null, null, null);

    private final RedisUnderTest under = new RedisUnderTest();
    private int tellings;

    @AfterAll
    void close() {
        under.close();
    }

    private void charge(Key key, Rule rule, int permits, Duration age) {
        under.store
                .charge("telling-" + ++tellings, key, List.of(new Spent(rule, permits, age.toMillis())))
                .join();
    }

    private List<LimitUsage> usage(Key key, Rule rule) {
        return under.store.usage(key, rule).blockOptional().orElseThrow();
    }

    /** It left the window a minute after Redis was told, while the request itself went later than that. */
    @Test
    void whatWaitsElsewhereIsSpentWhenItGoes() {
        charge(ALICE, TEN, 10, Duration.ofSeconds(-11));

        assertThat(under.decide(ALICE, TEN)).isInstanceOf(Denied.class);
        under.advance(Duration.ofSeconds(62));
        assertThat(under.decide(ALICE, TEN)).isInstanceOf(Denied.class);
        under.advance(Duration.ofSeconds(11));
        assertThat(under.decide(ALICE, TEN)).isInstanceOf(Granted.class);
    }

    @Test
    void whoAsksLaterWaitsBehindThem() {
        Key bob = Key.of("openai", "bob");
        charge(bob, TEN, 1, Duration.ofSeconds(-5));

        Decision decision = under.decide(bob, TEN, 1, Duration.ofSeconds(20));

        assertThat(decision)
                .isInstanceOfSatisfying(
                        Granted.class,
                        granted -> assertThat(granted.delayMillis()).isBetween(4_990L, 5_000L));
    }

    /** The bucket was empty, so that nothing was taken from it, and then all was given back to it. */
    @Test
    void aRefundGivesTheBucketNoMoreThanItWasCharged() {
        Rule rule = new Rule(null, null, 1_000, 10);
        Key carol = Key.of("openai", "carol");
        LimitRequest all = new LimitRequest(carol, rule, 10, 0);
        LimitRequest one = new LimitRequest(carol, rule, 1, 0);
        assertThat(under.decide(carol, rule, 10, Duration.ZERO)).isInstanceOf(Granted.class);
        var there = under.store
                .charge("carol", carol, List.of(new Spent(rule, 5, 0)))
                .join();
        KeyState memory = new KeyState(0);
        long now = under.nextMilli();
        assertThat(memory.decide(all, now)).isInstanceOf(Granted.class);
        SlotCharge here = memory.charge(new LimitRequest(carol, rule, 5, 0), now, 0);

        under.store.giveBack(there.get(0));
        memory.giveBack(here, now);

        assertThat(under.decide(carol, rule)).isInstanceOf(Denied.class);
        assertThat(memory.decide(one, now)).isInstanceOf(Denied.class);
    }

    /** {@link KeyState#charge} is the same in memory. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void countsAsInMemory(int shape) {
        Rule rule = new Rule(20, shape % 2 == 0 ? 60 : null, shape > 2 ? 90 : null, shape == 1 ? null : 8);
        for (int history = 0; history < 40; history++) {
            long seed = shape * 1_000L + history;
            Random random = new Random(seed);
            Key key = Key.of("openai", "history-" + seed);
            KeyState memory = new KeyState(0);
            for (int step = 0; step < 40; step++) {
                under.advance(
                        Duration.ofMillis(random.nextInt(4) == 0 ? random.nextInt(90_000) : random.nextInt(1_500)));
                long now = under.nextMilli();
                int permits = 1 + random.nextInt(4);
                if (random.nextInt(3) == 0) {
                    long age = random.nextBoolean() ? -random.nextInt(60_000) : random.nextInt(200_000);
                    charge(key, rule, permits, Duration.ofMillis(age));
                    memory.charge(new LimitRequest(key, rule, permits, 0), now, -age);
                } else {
                    LimitRequest request =
                            new LimitRequest(key, rule, permits, random.nextBoolean() ? 0 : random.nextInt(60_001));
                    Decision expected = memory.decide(request, now);
                    Decision decided = under.decide(key, rule, permits, Duration.ofMillis(request.maxWaitMillis()));
                    assertThat(told(decided)).as("seed %d, step %d", seed, step).isEqualTo(told(expected));
                }
                assertThat(usage(key, rule))
                        .as("seed %d, step %d", seed, step)
                        .containsExactlyElementsOf(memory.usage(rule, now));
            }
        }
    }

    private static List<Object> told(Decision decision) {
        return decision instanceof Granted granted
                ? List.of(List.copyOf(granted.usage()), granted.delayMillis())
                : List.of(
                        List.copyOf(decision.usage()),
                        ((Denied) decision).hit(),
                        String.valueOf(((Denied) decision).retryAfterMillis()));
    }
}
