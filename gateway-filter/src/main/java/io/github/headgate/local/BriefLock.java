package io.github.headgate.local;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A lock for what takes well under a microsecond and waits for nothing. A thread that finds it held looks a few times
 * more, then leaves the processor to others between two looks: the holder may be among them.
 *
 * <p>Neither fair nor reentrant. Where threads do not meet it costs one atomic operation, and a monitor two; where they
 * do, nobody is put to sleep for the sake of some hundred nanoseconds.
 */
abstract class BriefLock {

    private static final VarHandle HELD;

    /** Few: each look takes the cache line from the holder, who needs it to go on. */
    private static final int LOOKS = 8;

    /** So many that a holder who is not running has had its turn, unless its priority is lower. */
    private static final int YIELDS = 100;

    private static final long NAP_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    static {
        try {
            HELD = MethodHandles.lookup().findVarHandle(BriefLock.class, "held", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile boolean held;

    final void lock() {
        if (!HELD.compareAndSet(this, false, true)) {
            lookAgain();
        }
    }

    /** By the thread that holds it. */
    final void unlock() {
        HELD.setRelease(this, false);
    }

    // Whatever the scheduler makes of the yields, the nap lets the holder run.
    @SuppressWarnings("ThreadPriorityCheck")
    private void lookAgain() {
        int looks = 0;
        do {
            looks++;
            if (looks <= LOOKS) {
                Thread.onSpinWait();
            } else if (looks <= LOOKS + YIELDS) {
                Thread.yield();
            } else {
                LockSupport.parkNanos(NAP_NANOS);
            }
        } while (held || !HELD.compareAndSet(this, false, true));
    }
}
