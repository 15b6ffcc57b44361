package io.github.headgate;

/**
 * Where a store tells its decision: one of its two signals comes, once. A sink that throws when it is told a decision
 * may be told a failure as well.
 */
public interface DecisionSink {

    /** The store has decided, or who stands in for it. */
    void decided(Decision decision, Origin origin);

    /** The store could not decide; whether it charged anything is unknown. */
    void failed(Throwable cause);

    /** Whether nobody waits for the answer any more; a store that has not asked yet need not. */
    boolean isCancelled();
}
