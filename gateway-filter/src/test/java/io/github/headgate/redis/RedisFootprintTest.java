package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import io.github.headgate.Window;
import io.github.headgate.arithmetic.Spent;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** How much a key takes in Redis, for how long, and under which name. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RedisFootprintTest {

    private static final Key BUSY = Key.of("deepinfra", "u".repeat(32));
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
    private static final Rule OPENAI = Rule.of(60, 3_500, 100_000, 20);
    private static final Rule GLM = Rule.of(60, 3_000, 50_000, 20);

    private final RedisUnderTest under = new RedisUnderTest();

    @BeforeEach
    void empty() {
        under.redis().flushall();
    }

    @AfterAll
    void close() {
        under.close();
    }

    @Test
    void oneRequestTakesLessThanAQuarterOfAKilobyte() {
        under.decide(BUSY, OPENAI);

        assertThat(under.memory(BUSY)).isLessThan(250);
    }

    @Test
    void soDoesOneThatWasGrantedElsewhere() {
        under.store.charge("one", BUSY, List.of(new Spent(OPENAI, 1, 0))).join();

        assertThat(under.memory(BUSY)).isLessThan(250);
    }

    @Test
    void aDayOfFiftyThousandRequestsTakesAtMostAKilobyteAndSoItDoesWithAFullQueue() {
        assertThat(under.grantedOf(50_000, Duration.ofMillis(1_728), BUSY, GLM)).isEqualTo(50_000);
        assertThat(under.memory(BUSY)).isLessThanOrEqualTo(1_024);

        // The day is spent, so the queue needs a little more of it.
        Rule alike = Rule.of(60, 3_000, 60_000, 1);
        int waiting = 0;
        while (under.decide(BUSY, alike, 1, LONGEST_WAIT) instanceof Granted) {
            waiting++;
        }

        assertThat(waiting).isGreaterThan(30);
        assertThat(under.memory(BUSY)).isLessThanOrEqualTo(1_024);
    }

    @Test
    void aMillionADayTakesAtMostAKilobyteWithAFullQueue() {
        Rule million = Rule.of(1_000_000, 1_000_000, 1_000_000, 20_000);
        // Ten thousand in each of a day's slots of 24 minutes, at different seconds and minutes of it.
        for (int i = 0; i < 60; i++) {
            assertThat(under.decide(BUSY, million, 10_000, Duration.ZERO).isGranted())
                    .isTrue();
            under.advance(Duration.ofMinutes(24));
        }
        // Every slot of the last hour and of the last minute.
        for (int i = 0; i < 120; i++) {
            under.decide(BUSY, million, 100, Duration.ZERO);
            under.advance(i < 60 ? Duration.ofMinutes(1) : Duration.ofSeconds(1));
        }
        Rule slow = Rule.of(6_000, 1_000_000, 1_000_000, 1);
        int waiting = 0;
        while (waiting < 100 && under.decide(BUSY, slow, 1, LONGEST_WAIT) instanceof Granted) {
            waiting++;
            under.advance(Duration.ofMillis(-1));
        }

        assertThat(under.memory(BUSY)).isBetween(400L, 1_024L);
    }

    @Test
    void aKeyLivesAsLongAsItsHistoryMattersAndNoLonger() {
        Random random = new Random(20_261_124);
        List<Rule> rules = List.of(
                GLM,
                OPENAI,
                new Rule(5, null, null, null),
                new Rule(3, null, null, 2),
                new Rule(null, 7, null, 3),
                new Rule(null, null, 9, 9),
                new Rule(null, 10, 10, null));
        for (int history = 0; history < 200; history++) {
            Key key = Key.of("openai", "life-" + history);
            Rule rule = rules.get(random.nextInt(rules.size()));
            for (int step = 0; step < 12; step++) {
                under.advance(Duration.ofMillis(random.nextInt(random.nextBoolean() ? 120_000 : 10)));
                Duration maxWait = random.nextInt(3) == 0 ? LONGEST_WAIT : Duration.ZERO;
                Decision decision = under.decide(key, rule, 1 + random.nextInt(2), maxWait);

                long matters = matters(key, rule);
                // The server's own clock has gone on a little since the key was written.
                assertThat(under.timeToLive(key).toMillis())
                        .as("history %d, step %d, %s", history, step, rule)
                        .isPositive()
                        .isGreaterThan(matters - 5_000)
                        .isLessThanOrEqualTo(step == 0 ? matters : mostTimeToLive(rule));
                if (step > 0 && decision instanceof Granted granted && random.nextInt(3) == 0) {
                    under.store.giveBack(granted.charge());
                }
            }
        }
    }

    @Test
    void aBucketThatRefillsSlowlySinceARuleHasChangedIsKeptForTwoWindows() {
        under.decide(BUSY, new Rule(600, null, null, 100), 90, Duration.ZERO);
        under.advance(Duration.ofSeconds(70));
        Rule slow = new Rule(2, null, null, 100);

        assertThat(under.decide(BUSY, slow).isGranted()).isTrue();

        assertThat(matters(BUSY, slow)).isGreaterThan(120_000);
        assertThat(under.timeToLive(BUSY)).isBetween(Duration.ofSeconds(115), Duration.ofSeconds(120));
    }

    /** Milliseconds until the key is as good as new. */
    private long matters(Key key, Rule rule) {
        return under.store.usage(key, rule).blockOptional().orElseThrow().stream()
                .mapToLong(LimitUsage::resetMillis)
                .max()
                .orElseThrow();
    }

    private static long mostTimeToLive(Rule rule) {
        List<Window> windows = rule.windows();
        long longest = windows.get(windows.size() - 1).millis();
        // A minute's permit may be spent a minute from now, and then stays for a minute and a slot.
        return Math.max(2 * longest, 122_000);
    }

    @Test
    void aKeyIsGoneAfterAResetAndWhenItWouldOnlySayWhatIsLongPast() {
        under.decide(BUSY, OPENAI);
        under.store.reset(BUSY).block();
        assertThat(under.names()).isEmpty();

        under.store
                .charge("one", BUSY, List.of(new Spent(OPENAI, 3, 2 * 86_400_000L)))
                .join();

        assertThat(under.names()).as("only that it was told").containsExactly("rate_limit:{" + BUSY + "}:one");
    }

    @Test
    void aDenialAndAReadingWriteNothing() {
        Rule two = new Rule(2, 100, 1_000, 2);
        under.decide(BUSY, two);
        under.decide(BUSY, two);
        byte[] before = under.redis().dump(RedisUnderTest.name(BUSY));
        Duration lifeBefore = under.timeToLive(BUSY);
        under.advance(Duration.ofMillis(100));

        assertThat(under.decide(BUSY, two)).isInstanceOf(Denied.class);
        assertThat(under.decide(BUSY, two, 3, Duration.ZERO)).isInstanceOf(Denied.class);
        assertThat(under.decide(BUSY, two, 2, Duration.ofSeconds(1))).isInstanceOf(Denied.class);
        under.store.usage(BUSY, two).block();

        assertThat(under.redis().dump(RedisUnderTest.name(BUSY))).isEqualTo(before);
        assertThat(under.timeToLive(BUSY)).isLessThanOrEqualTo(lifeBefore);
    }

    @Test
    void aDenialOfAKeyThatIsNotThereMakesNone() {
        assertThat(under.decide(BUSY, new Rule(2, null, null, null), 3, Duration.ZERO))
                .isInstanceOf(Denied.class);
        under.store.usage(BUSY, OPENAI).block();

        assertThat(under.names()).isEmpty();
    }

    @Test
    void namesKeepKindsOfIdsApart() {
        for (UserId user : List.of(
                UserId.of("alice"),
                UserId.of("auth0|42"),
                UserId.of("ip=192.0.2.1"),
                UserId.of("header=alice"),
                UserId.ip("192.0.2.1"),
                UserId.ip("2001:db8::1"),
                UserId.unverifiedHeader("alice"),
                UserId.unverifiedHeader("a b"))) {
            under.decide(new Key("openai", user), OPENAI);
        }
        under.decide(new Key("openai", null), OPENAI);

        assertThat(under.names())
                .hasSize(9)
                .contains(
                        "rate_limit:{openai}",
                        "rate_limit:{openai:alice}",
                        "rate_limit:{openai:ip=192.0.2.1}",
                        "rate_limit:{openai:ip=2001:db8::1}",
                        "rate_limit:{openai:header=alice}");
        assertThat(under.names())
                .filteredOn(name -> name.contains("#"))
                .hasSize(4)
                .allMatch(name -> name.matches("rate_limit:\\{openai:(header=)?#[A-Za-z0-9_-]{22}}"));
    }
}
