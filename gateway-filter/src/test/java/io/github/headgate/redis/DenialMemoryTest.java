package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Key;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DenialMemoryTest {

    private static final Rule RULE = new Rule(5, null, null, null);
    private static final LimitRequest REQUEST = new LimitRequest(Key.of("openai", "alice"), RULE, 1, 0);
    private static final long MILLI = 1_000_000;
    private static final long ASKED = 7_000 * MILLI;

    private final DenialMemory memory = new DenialMemory(10);

    private static Denied denied(@Nullable Long retryAfter) {
        return new Denied(
                List.of(new LimitUsage(LimitKind.MINUTE, 5, 0, 60_000, retryAfter == null ? 1 : retryAfter)),
                LimitKind.MINUTE,
                1,
                retryAfter,
                retryAfter == null ? Decision.Reason.NEVER_FITS : Decision.Reason.OVER_LIMIT);
    }

    @Test
    void aDenialIsRecalledForASecondAndCountsDown() {
        memory.remember(REQUEST, denied(30_000L), ASKED, ASKED + MILLI);

        Denied recalled = Objects.requireNonNull(memory.recall(REQUEST, ASKED + 401 * MILLI));

        assertThat(recalled.retryAfterMillis()).isEqualTo(29_600);
        assertThat(recalled.usage().get(0).resetMillis()).isEqualTo(59_600);
        assertThat(memory.recall(REQUEST, ASKED + 1_000 * MILLI - 1)).isNotNull();
        assertThat(memory.recall(REQUEST, ASKED + 1_000 * MILLI)).isNull();
    }

    @Test
    void aDenialIsNotRecalledOnceTheRequestMightFit() {
        memory.remember(REQUEST, denied(300L), ASKED, ASKED + MILLI);

        assertThat(memory.recall(REQUEST, ASKED + 299 * MILLI - 1)).isNotNull();
        assertThat(memory.recall(REQUEST, ASKED + 299 * MILLI)).isNull();
    }

    @Test
    void anAnswerThatTookLongerThanItHoldsIsNotRemembered() {
        memory.remember(REQUEST, denied(50L), ASKED, ASKED + 60 * MILLI);

        assertThat(memory.recall(REQUEST, ASKED + 60 * MILLI)).isNull();
    }

    @Test
    void onlyTheVeryRequestIsAnsweredFromMemory() {
        memory.remember(REQUEST, denied(30_000L), ASKED, ASKED + MILLI);
        long now = ASKED + 2 * MILLI;

        assertThat(memory.recall(new LimitRequest(REQUEST.key(), RULE, 2, 0), now))
                .isNull();
        assertThat(memory.recall(new LimitRequest(REQUEST.key(), RULE, 1, 10), now))
                .isNull();
        assertThat(memory.recall(REQUEST.under(new Rule(6, null, null, null)), now))
                .isNull();
        assertThat(memory.recall(REQUEST.by(Key.of("openai", "bob")), now)).isNull();
        assertThat(memory.recall(REQUEST.under(new Rule(5, null, null, null)), now))
                .isNotNull();
    }

    @Test
    void whatCanNeverFitIsRememberedForASecond() {
        memory.remember(REQUEST, denied(null), ASKED, ASKED + MILLI);

        assertThat(memory.recall(REQUEST, ASKED + 999 * MILLI)).isNotNull();
        assertThat(memory.recall(REQUEST, ASKED + 1_000 * MILLI)).isNull();
    }

    @Test
    void aKeyThatIsForgottenIsAskedAgain() {
        memory.remember(REQUEST, denied(30_000L), ASKED, ASKED + MILLI);

        memory.forget(REQUEST.key());

        assertThat(memory.recall(REQUEST, ASKED + 2 * MILLI)).isNull();
    }

    @Test
    void memoryIsBoundedHoweverManyKeysAreDenied() {
        for (int i = 0; i < 1_000; i++) {
            memory.remember(REQUEST.by(Key.of("openai", "u" + i)), denied(30_000L), ASKED, ASKED + MILLI);
            assertThat(memory.size()).isLessThanOrEqualTo(10);
        }
    }
}
