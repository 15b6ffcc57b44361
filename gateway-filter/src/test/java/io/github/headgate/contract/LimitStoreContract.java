package io.github.headgate.contract;

import org.junit.jupiter.api.Test;

/** What every store promises, whatever it counts in. */
public abstract class LimitStoreContract {

    private static final int HISTORIES = 400;

    /** The store, its time in the test's hand; the same for all tests of the class, which use keys of their own. */
    protected abstract StoreUnderTest store();

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
