package io.github.headgate.failover;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StoreSwitchTest {

    private final StoreSwitch subject = new StoreSwitch(() -> {}, () -> {});

    @Test
    void givesRedisUpWhenHalfOfTheLastTwentyCallsFailHoweverManyWereAnsweredBefore() {
        answered(1_000);
        failed(9);
        assertThat(subject.isShared()).isTrue();
        failed(1);
        assertThat(subject.isShared()).isFalse();
    }

    @Test
    void aFailureIsForgottenAfterTwentyAnswers() {
        answered(20);
        failed(1);
        answered(20);
        failed(9);
        assertThat(subject.isShared()).isTrue();
        failed(1);
        assertThat(subject.isShared()).isFalse();
    }

    @Test
    void aFailureCountsUntilThen() {
        answered(20);
        failed(1);
        answered(10);
        failed(9);
        assertThat(subject.isShared()).isFalse();
    }

    @Test
    void looksBackOnNothingWhenItTrustsRedisAgain() {
        answered(20);
        subject.giveUp();
        subject.trust();
        failed(4);
        assertThat(subject.isShared()).isTrue();
        failed(1);
        assertThat(subject.isShared()).isFalse();
    }

    @Test
    void countsAnswersAnewWhenItTrustsRedisAgain() {
        answered(20);
        subject.giveUp();
        subject.trust();
        answered(20);
        failed(9);
        assertThat(subject.isShared()).isTrue();
    }

    private void answered(int calls) {
        for (int i = 0; i < calls; i++) {
            subject.answered(1_000);
        }
    }

    private void failed(int calls) {
        for (int i = 0; i < calls; i++) {
            subject.failed(1_000, new IllegalStateException("no answer"));
        }
    }
}
