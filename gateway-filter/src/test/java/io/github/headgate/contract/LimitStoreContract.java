package io.github.headgate.contract;

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
