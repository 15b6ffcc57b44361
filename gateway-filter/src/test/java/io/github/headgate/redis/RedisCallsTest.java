package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.arithmetic.Spent;
import io.github.headgate.testing.LeastPrivileges;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RedisCommandExecutionException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a decision asks of the server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RedisCallsTest {

    private static final Key ALICE = Key.of("openai", "alice");
    private static final Rule TWO = new Rule(2, 100, 1_000, 2);
    private static final Rule TEN = new Rule(null, null, 10, null);

    private final RedisUnderTest under = new RedisUnderTest();

    @BeforeEach
    void empty() {
        under.redis().flushall();
    }

    @AfterAll
    void close() {
        under.close();
    }

    /** How often each command has run since the statistics were reset, those in scripts too. */
    private Map<String, Integer> calls() {
        return Pattern.compile("cmdstat_([a-z|]+):calls=(\\d+)")
                .matcher(under.redis().info("commandstats"))
                .results()
                .filter(found ->
                        !found.group(1).equals("info") && !found.group(1).startsWith("config"))
                .collect(Collectors.toMap(found -> found.group(1), found -> Integer.valueOf(found.group(2))));
    }

    @Test
    void everyDecisionIsOneScriptCall() {
        Rule rule = new Rule(60, 100, 1_000, 2);
        under.redis().configResetstat();

        Decision granted = under.decide(ALICE, rule);
        Decision second = under.decide(ALICE, rule);
        Decision waiting = under.decide(ALICE, rule, 1, Duration.ofSeconds(60));
        Decision denied = under.decide(ALICE, rule);
        Decision never = under.decide(ALICE, rule, 3, Duration.ZERO);

        assertThat(granted).isInstanceOf(Granted.class);
        assertThat(second).isInstanceOf(Granted.class);
        assertThat(waiting)
                .isInstanceOfSatisfying(
                        Granted.class, it -> assertThat(it.delayMillis()).isPositive());
        assertThat(denied).isInstanceOf(Denied.class);
        assertThat(never).isInstanceOf(Denied.class);
        // The time comes from the test, or there would be a TIME for each.
        // The second grant comes in the same slot, so only the head of the value is read and changed.
        assertThat(calls())
                .containsOnly(
                        Map.entry("evalsha", 5),
                        Map.entry("getrange", 5),
                        Map.entry("get", 3),
                        Map.entry("set", 2),
                        Map.entry("setrange", 1));
    }

    @Test
    void aServerThatHasLostTheScriptIsSentItOnce() {
        under.redis().scriptFlush();
        under.redis().configResetstat();

        under.decide(ALICE, TWO);
        under.decide(ALICE, TWO);

        assertThat(calls()).containsEntry("evalsha", 2).containsEntry("eval", 1);
    }

    @Test
    void noKeyIsTouchedThatIsNotNamed() {
        under.redis()
                .aclSetuser(
                        LeastPrivileges.NAME,
                        AclSetuserArgs.Builder.resetKeys()
                                .keyPattern("rate_limit:{openai:alice}")
                                .keyPattern("rate_limit:{openai:alice}:one"));
        try {
            Granted granted = (Granted) under.decide(ALICE, TWO);
            under.decide(ALICE, TWO, 1, Duration.ofSeconds(60));
            under.store.usage(ALICE, TWO).block();
            under.store.charge("one", ALICE, List.of(new Spent(TWO, 1, 10))).join();
            under.store.giveBack(granted.charge());
            under.store.reset(ALICE).block();

            assertThatThrownBy(() -> under.decide(Key.of("openai", "bob"), TWO))
                    .hasCauseInstanceOf(RedisCommandExecutionException.class)
                    .hasMessageContaining("NOPERM");
        } finally {
            under.redis().aclSetuser(LeastPrivileges.NAME, AclSetuserArgs.Builder.keyPattern("rate_limit:*"));
        }
    }

    /** Callers who hang up in a loop must not fill Redis with the names of their refunds. */
    @Test
    void theNameOfARefundIsSoonForgotten() {
        Granted granted = (Granted) under.decide(ALICE, TWO);

        under.store.giveBack(granted.charge());
        under.store.usage(ALICE, TWO).block();

        assertThat(under.names())
                .filteredOn(name -> name.contains("-back-"))
                .singleElement()
                .satisfies(name -> assertThat(under.redis().pttl(RedisUnderTest.bytes(name)))
                        .isBetween(1L, 60_000L));
    }

    @Test
    void whatIsToldAgainUnderItsNameCountsOnce() {
        List<Spent> two = List.of(new Spent(TEN, 1, 0), new Spent(TEN, 1, 5_000));

        under.store.charge("one", ALICE, two).join();
        under.store.charge("one", ALICE, two).join();
        under.store.charge("other", ALICE, two).join();

        assertThat(used()).isEqualTo(4);
    }

    @Test
    void whatIsGivenBackAgainUnderItsNameTakesNothingOfOthers() {
        Granted mine = (Granted) under.decide(ALICE, TEN);
        under.decide(ALICE, TEN);

        under.store.refund("one", mine.charge()).join();
        under.store.refund("one", mine.charge()).join();

        assertThat(used()).isEqualTo(1);
    }

    @Test
    void whatWasToldIsRememberedForTenMinutes() {
        under.store.charge("one", ALICE, List.of(new Spent(TEN, 1, 0))).join();

        assertThat(under.redis().pttl(RedisUnderTest.bytes("rate_limit:{openai:alice}:one")))
                .isBetween(540_000L, 600_000L);
    }

    private int used() {
        return under.store
                .usage(ALICE, TEN)
                .blockOptional()
                .orElseThrow()
                .get(0)
                .used();
    }

    @Test
    void aKeyOfAnotherTypeIsReplaced() {
        under.redis().lpush(RedisUnderTest.name(ALICE), RedisUnderTest.bytes("what is this"));

        assertThat(under.grantedOf(3, Duration.ZERO, ALICE, TWO)).isEqualTo(2);
        assertThat(under.timeToLive(ALICE)).isPositive();
    }

    @Test
    void aValueOfAnUnknownLayoutIsReplaced() {
        for (byte[] foreign : new byte[][] {{}, {1}, RedisUnderTest.bytes("x".repeat(500)), new byte[100]}) {
            under.redis().set(RedisUnderTest.name(ALICE), foreign);

            assertThat(under.grantedOf(3, Duration.ZERO, ALICE, TWO))
                    .as("%d bytes", foreign.length)
                    .isEqualTo(2);
            assertThat(under.timeToLive(ALICE)).isPositive();
            under.advance(Duration.ofDays(3));
        }
    }

    @Test
    void aValueThatIsCutOffIsReplaced() {
        Rule threeWindows = Rule.of(60, 3_000, 50_000, 20);
        for (int step = 0; step < 3; step++) {
            under.decide(ALICE, threeWindows);
            under.advance(Duration.ofMinutes(30));
        }
        byte[] whole = under.redis().get(RedisUnderTest.name(ALICE));
        for (int length = 70; length < whole.length; length++) {
            under.redis().set(RedisUnderTest.name(ALICE), Arrays.copyOf(whole, length));

            assertThat(under.decide(ALICE, threeWindows).isGranted())
                    .as("%d bytes", length)
                    .isTrue();
            assertThat(under.redis().get(RedisUnderTest.name(ALICE))).hasSizeGreaterThan(95);
        }
    }

    @Test
    void aValueThatGoesOnAfterItsEndIsReplaced() {
        under.decide(ALICE, TEN);
        under.redis().append(RedisUnderTest.name(ALICE), RedisUnderTest.bytes("x".repeat(500)));
        under.advance(Duration.ofMinutes(24));

        under.decide(ALICE, TEN);

        assertThat(used()).isEqualTo(1);
    }

    @Test
    void aReadingOfAForeignValueFindsNoUsageAndLeavesItAlone() {
        under.redis().set(RedisUnderTest.name(ALICE), RedisUnderTest.bytes("not ours"));

        assertThat(under.store.usage(ALICE, TWO).blockOptional().orElseThrow())
                .allMatch(usage -> usage.remaining() == usage.limit());
        assertThat(under.redis().get(RedisUnderTest.name(ALICE))).isEqualTo(RedisUnderTest.bytes("not ours"));
    }
}
