package io.github.headgate.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Key;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every store promises, whatever it counts in. */
public abstract class LimitStoreContract {

    private static final int HISTORIES = 400;

    /** The store, its time in the test's hand; the same for all tests of the class, which use keys of their own. */
    protected abstract StoreUnderTest store();

    @TestFactory
    Stream<DynamicTest> theArithmeticByExample() {
        return CaseTable.cases().stream()
                .map(example -> DynamicTest.dynamicTest(example.name(), () -> CaseTable.play(example, store())));
    }

    /**
     * A reading once settled the reservations of a key under the reader's rule, which lost the other windows' counts.
     */
    @Test
    void aReadingUnderAnotherRuleChangesNothing() {
        Key key = Key.of("reading", "alice");
        Rule minuteAndDay = new Rule(60, null, 100, 1);
        store().decide(key, minuteAndDay, 1, 0);
        store().decide(key, minuteAndDay, 1, 10_000);
        store().advance(5_000);

        store().usage(key, new Rule(60, null, null, null));

        assertThat(store().usage(key, minuteAndDay))
                .extracting(LimitUsage::used)
                .containsExactly(2, 2, 0);
    }

    @Test
    void everyDecisionOfRandomHistoriesIsExactlyTheOracles() {
        RandomHistories histories = new RandomHistories(store());
        for (int seed = 0; seed < HISTORIES; seed++) {
            histories.decisionsAreExactlyTheOracles(seed);
        }
    }

    @Test
    void randomHistoriesWithCancelsNeverOvergrant() {
        RandomHistories histories = new RandomHistories(store());
        for (int seed = 0; seed < HISTORIES; seed++) {
            histories.nothingIsEverGrantedTwice(seed);
        }
    }

    @Test
    void waitersThatHaveGoneInWhateverOrderLeaveNothingBehind() {
        RandomHistories histories = new RandomHistories(store());
        for (int seed = 0; seed < HISTORIES; seed++) {
            histories.goneWaitersLeaveNothingBehind(seed);
        }
    }

    @Test
    void clocksThatStepBackGrantNothingExtraAndLockNobodyOut() {
        RandomHistories histories = new RandomHistories(store());
        for (int seed = 0; seed < HISTORIES; seed++) {
            histories.steppingClocksGrantNothingExtra(seed);
        }
    }
}
