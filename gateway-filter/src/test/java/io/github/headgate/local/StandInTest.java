package io.github.headgate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.arithmetic.Spent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A local store that stands by for another one, and what it makes of what that one says. */
class StandInTest {

    private static final Key ALICE = Key.of("openai", "alice");
    private static final Rule SIXTY = new Rule(60, null, null, null);

    private long nanos = TimeUnit.HOURS.toNanos(1);
    private final LocalStore local = new LocalStore(10, () -> nanos);

    private void advance(Duration by) {
        nanos += by.toNanos();
    }

    private static LimitRequest ask(Rule rule, int permits) {
        return new LimitRequest(ALICE, rule, permits, 0);
    }

    private static List<LimitUsage> minute(int used, Duration reset) {
        return List.of(new LimitUsage(LimitKind.MINUTE, 60, 60 - used, reset.toMillis(), 0));
    }

    /** They were dropped as if the time that the waiters are to go had come already. */
    @Test
    void waitersElsewhereTakeNothingOfWhatWasGrantedHere() {
        local.charge(ask(SIXTY, 30), 0, minute(30, Duration.ofSeconds(61)));
        advance(Duration.ofSeconds(30));
        // The last of the other thirty goes in 31 s, and comes back a minute later.
        local.report(ask(SIXTY, 1), minute(60, Duration.ofSeconds(92)));
        advance(Duration.ofSeconds(1));

        assertThat(local.standIn(ask(SIXTY, 1), ask(SIXTY, 1))).isInstanceOf(Denied.class);

        advance(Duration.ofSeconds(29));
        assertThat(local.standIn(ask(SIXTY, 1), ask(SIXTY, 1))).isInstanceOf(Denied.class);
        // The slot of the thirty is over.
        advance(Duration.ofSeconds(1));
        assertThat(local.standIn(ask(SIXTY, 30), ask(SIXTY, 30))).isInstanceOf(Granted.class);
        assertThat(local.standIn(ask(SIXTY, 1), ask(SIXTY, 1))).isInstanceOf(Denied.class);
    }

    /** What was charged to it stayed out of the history, since the first rule of the key did not have it. */
    @Test
    void theHistoryHasTheLimitsThatTheRuleGotLater() {
        Rule withADay = new Rule(60, null, 5_000, null);
        local.charge(ask(SIXTY, 3), 0, List.of());
        advance(Duration.ofMinutes(2));

        local.charge(ask(withADay, 5), 0, List.of());

        advance(Duration.ofMinutes(2));
        assertThat(local.histories(ALICE::equals))
                .singleElement()
                .satisfies(history -> assertThat(history.getValue())
                        .extracting(Spent::rule, Spent::permits)
                        .containsExactly(tuple(new Rule(null, null, 5_000, null), 5)));
    }

    /** It hid another grant of which the other store did not know. */
    @Test
    void whatIsGivenBackAfterItWasToldLeavesTheOthersUntold() {
        Granted told = (Granted) local.standIn(ask(SIXTY, 1), ask(SIXTY, 1));
        assertThat(local.standIn(ask(SIXTY, 1), ask(SIXTY, 1))).isInstanceOf(Granted.class);
        local.told(ALICE, 1);

        local.giveBack(told.charge());

        assertThat(local.charge(ask(SIXTY, 1), 0, minute(60, Duration.ofSeconds(61))))
                .isSameAs(LocalStore.OVERDRAWN);
    }
}
