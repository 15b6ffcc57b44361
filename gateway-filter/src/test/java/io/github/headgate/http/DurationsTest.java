package io.github.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0s",
        "1, 1ms",
        "250, 250ms",
        "999, 999ms",
        "1000, 1s",
        "1001, 2s",
        "59000, 59s",
        "59001, 1m0s",
        "60000, 1m0s",
        "360000, 6m0s",
        "3599001, 1h0m0s",
        "3661000, 1h1m1s",
        "86400000, 24h0m0s",
    })
    void goDurationsAreWholeNumbersRoundedUp(long millis, String expected) {
        String text = Durations.go(millis);

        assertThat(text).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "1000, 1", "1001, 2", "9223372036854775807, 9223372036854776"})
    void secondsAreRoundedUpWithoutOverflow(long millis, long expected) {
        long seconds = Durations.secondsRoundedUp(millis);

        assertThat(seconds).isEqualTo(expected);
    }
}
