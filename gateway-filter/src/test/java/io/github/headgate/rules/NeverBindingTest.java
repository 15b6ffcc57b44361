package io.github.headgate.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Rule;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NeverBindingTest {

    @ParameterizedTest
    @CsvSource({
        "10, 600, , , ",
        "10, 601, , , requests-per-hour 601 can never bind: requests-per-minute 10 admits at most 600 in an hour",
        ", 10, 240, , ",
        ", 10, 241, , requests-per-day 241 can never bind: requests-per-hour 10 admits at most 240 in a day",
        "1, , 1440, , ",
        "1, , 1441, , requests-per-day 1441 can never bind: requests-per-minute 1 admits at most 1440 in a day",
        "50, 50, , , ",
        "51, 50, , , requests-per-minute 51 can never bind: requests-per-hour 50 admits at most 50 in a minute",
        "20, , , 20, ",
        "20, , , 21, burst-capacity 21 can never bind: requests-per-minute 20 admits no more at once",
        "20, 10, , 11, requests-per-minute 20 can never bind: requests-per-hour 10 admits at most 10 in a minute;"
                + "burst-capacity 11 can never bind: requests-per-hour 10 admits no more at once",
    })
    void namesTheLimitAndTheOneThatStandsBeforeIt(
            @Nullable Integer minute,
            @Nullable Integer hour,
            @Nullable Integer day,
            @Nullable Integer burst,
            @Nullable String expected) {
        assertThat(String.join(";", NeverBinding.in(new Rule(minute, hour, day, burst))))
                .isEqualTo(expected == null ? "" : expected);
    }

    @Test
    void largestLimitsDoNotOverflow() {
        int most = Integer.MAX_VALUE;

        assertThat(NeverBinding.in(Rule.of(most, most, most, Rule.MAX_BURST_CAPACITY)))
                .isEmpty();
    }
}
