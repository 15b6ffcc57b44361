package io.github.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.headgate.caller.MissingUser;
import io.github.headgate.caller.SourceContext;
import io.github.headgate.caller.UserSource;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FilterDefaultsTest {

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT60S"})
    void longestWaitMayBeZeroToSixtySeconds(Duration maxWait) {
        assertThat(defaults(List.of(), maxWait, Duration.ZERO).maxWait()).isEqualTo(maxWait);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT-0.001S", "PT60.001S", "PT2562047788015215H"})
    void anyOtherLongestWaitIsRefused(Duration maxWait) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults(List.of(), maxWait, Duration.ZERO))
                .withMessage("max-wait must be 0s to 60s, not " + maxWait);
    }

    @Test
    void negativeNoRetryAboveIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults(List.of(), Duration.ZERO, Duration.ofSeconds(-1)))
                .withMessage("no-retry-above must be at least 0s, not PT-1S");
    }

    @Test
    void unverifiedTierSourceIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults(List.of(new UserSource.Header("X-Plan")), Duration.ZERO, Duration.ZERO))
                .withMessage("a tier comes from claim:NAME, principal or bean:NAME, not header:X-Plan");
    }

    @Test
    void negativeHopsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SourceContext.of(-1))
                .withMessage("trusted-hops must be at least 0, not -1");
    }

    @Test
    void standardIsWhatTheContractSays() {
        assertThat(FilterDefaults.standard())
                .isEqualTo(new FilterDefaults(
                        List.of(UserSource.parse("header:X-User-Id")),
                        List.of(),
                        MissingUser.SHARED,
                        Mode.REJECT,
                        Duration.ofSeconds(30),
                        true,
                        Duration.ofSeconds(60)));
    }

    private static FilterDefaults defaults(List<UserSource> tier, Duration maxWait, Duration noRetryAbove) {
        return new FilterDefaults(List.of(), tier, MissingUser.SHARED, Mode.REJECT, maxWait, true, noRetryAbove);
    }
}
