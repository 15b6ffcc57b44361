package io.github.headgate.failover;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StoreSwitchTest {

    private final StoreSwitch subject = new StoreSwitch(() -> {}, () -> {});

    @Test
    void givesRedisUpWhenHalfOfTheLastTwentyCallsFailHoweverManyWereAnsweredBefore() {
        answered(1_000);
        assertGivesUpWithFailure(10);
    }

    @Test
    void aFailureIsForgottenAfterTwentyAnswers() {
        answered(20);
        failed(1);
        answered(20);
        assertGivesUpWithFailure(10);
    }

    @Test
    void aFailureCountsUntilThen() {
        answered(20);
        failed(1);
        answered(10);
        assertGivesUpWithFailure(9);
    }

    @Test
    void looksBackOnNothingWhenItTrustsRedisAgain() {
        answered(20);
        subject.giveUp();
        subject.trust();
        assertGivesUpWithFailure(5);
    }

    @Test
    void countsAnswersAnewWhenItTrustsRedisAgain() {
        answered(20);
        subject.giveUp();
        subject.trust();
        answered(20);
        assertGivesUpWithFailure(10);
    }

    private void assertGivesUpWithFailure(int number) {
        failed(number - 1);
        assertThat(subject.isShared()).isTrue();
        failed(1);
        assertThat(subject.isShared()).isFalse();
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
