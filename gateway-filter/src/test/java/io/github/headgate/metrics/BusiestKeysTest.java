package io.github.headgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BusiestKeysTest {

    private static final Rule RULE = new Rule(60, null, null, null);
    private static final Decision DENIED =
            new Decision.Denied(List.of(), LimitKind.MINUTE, 1, 1L, Decision.Reason.OVER_LIMIT);

    private final AtomicLong nanos = new AtomicLong();
    private final BusiestKeys busiest = new BusiestKeys(nanos::get);

    private void ask(String provider, String user, int times) {
        for (int i = 0; i < times; i++) {
            busiest.told(new LimitRequest(Key.of(provider, user), RULE, 1, 0), DENIED, Origin.LOCAL);
        }
    }

    @Test
    void busiestOfAProviderComesFirst() {
        ask("openai", "alice", 3);
        ask("openai", "bob", 5);
        ask("claude", "carol", 9);

        assertThat(busiest.top("openai", 10))
                .containsExactly(
                        new BusiestKeys.Busy(Key.of("openai", "bob"), 5),
                        new BusiestKeys.Busy(Key.of("openai", "alice"), 3));
        assertThat(busiest.top("openai", 1)).hasSize(1);
        assertThat(busiest.top("glm", 10)).isEmpty();
    }

    @Test
    void countsFadeMinuteByMinute() {
        ask("openai", "alice", 8);
        nanos.addAndGet(Duration.ofMinutes(2).toNanos());
        assertThat(busiest.top("openai", 10)).containsExactly(new BusiestKeys.Busy(Key.of("openai", "alice"), 2));

        nanos.addAndGet(Duration.ofHours(2).toNanos());
        assertThat(busiest.top("openai", 10)).isEmpty();
    }

    @Test
    void aFloodOfUsersNeitherFillsTheMemoryNorHidesABusyOne() {
        for (int i = 0; i < 20_000; i++) {
            ask("openai", "user-" + i, 1);
            ask("openai", "alice", i % 20 == 0 ? 1 : 0);
        }

        assertThat(busiest.top("openai", Integer.MAX_VALUE)).hasSizeBetween(1, BusiestKeys.KEYS);
        assertThat(busiest.top("openai", 1))
                .singleElement()
                .extracting(BusiestKeys.Busy::key)
                .isEqualTo(Key.of("openai", "alice"));
    }
}
