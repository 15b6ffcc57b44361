package io.github.headgate.failover;

import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Giving Redis up and trusting it again at the same time, in the orders that Lincheck finds. */
@Tag("own-process")
public class StoreSwitchLincheckTest {

    private final AtomicLong givenUp = new AtomicLong();
    private final AtomicLong trusted = new AtomicLong();
    private final StoreSwitch subject = new StoreSwitch(givenUp::incrementAndGet, trusted::incrementAndGet);

    @Operation
    public void callsFail() {
        for (int i = 0; i < 5; i++) {
            subject.failed(1, new IllegalStateException("no answer"));
        }
    }

    @Operation
    public void callIsAnswered() {
        subject.answered(1);
    }

    @Operation
    public void probeSucceeds() {
        subject.trust();
    }

    /** What health and metrics say is what decides, and a fail-over always starts the probes that end it. */
    @Validate
    public void saysWhatItDoes() {
        boolean shared = subject.isShared();
        boolean consistent = (subject.state().mode() == StoreState.Mode.SHARED) == shared
                && givenUp.get() - trusted.get() == (shared ? 0 : 1)
                && subject.failovers() == givenUp.get();
        // Lincheck watches what is called here, and does not bear an assertion library.
        if (!consistent) {
            throw new IllegalStateException(subject.state() + ", but " + (shared ? "shared" : "local") + ", given up "
                    + givenUp + " times and trusted again " + trusted);
        }
    }

    /**
     * Health said shared while this gateway decided alone, when a fail-over overtook the recovery before it. Stress,
     * not model checking: that gives enums other hash codes, by which the breaker looks up its transitions.
     */
    @Test
    void holdsUnderSomeStress() {
        stress(8, 1_000);
    }

    @Test
    @Tag("long")
    void holdsUnderMuchStress() {
        stress(200, 10_000);
    }

    private static void stress(int iterations, int invocations) {
        new StressOptions()
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(0)
                .actorsAfter(0)
                .iterations(iterations)
                .invocationsPerIteration(invocations)
                .check(StoreSwitchLincheckTest.class);
    }
}
