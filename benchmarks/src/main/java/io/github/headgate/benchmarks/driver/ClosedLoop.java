package io.github.headgate.benchmarks.driver;

import io.github.headgate.benchmarks.subject.Answer;
import io.github.headgate.benchmarks.subject.Subject;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Keeps a fixed number of checks in flight: who gets an answer asks again at once, on the thread that brought it. */
final class ClosedLoop {

    private static final int PATIENCE_SECONDS = 60;

    private final Subject subject;
    private final Users users;
    private final CountDownLatch running;
    private final LongAdder granted = new LongAdder();
    private final LongAdder denied = new LongAdder();
    private volatile @Nullable Throwable failure;
    private volatile boolean stopped;

    private ClosedLoop(Subject subject, Users users, int inFlight) {
        this.subject = subject;
        this.users = users;
        this.running = new CountDownLatch(inFlight);
    }

    /**
     * What was counted between warm-up and stop.
     *
     * @param nanos for how long
     */
    record Count(long granted, long denied, long nanos) {

        double perSecond() {
            return (granted + denied) * 1e9 / nanos;
        }
    }

    /** @throws IllegalStateException if a check failed, or the loops did not end */
    static Count run(Subject subject, Users users, int inFlight, Duration warmUp, Duration measure)
            throws InterruptedException {
        return new ClosedLoop(subject, users, inFlight).run(inFlight, warmUp, measure);
    }

    private Count run(int inFlight, Duration warmUp, Duration measure) throws InterruptedException {
        // A thread of its own: a subject that answers at once keeps it until the end.
        Thread starter = new Thread(() -> {
            for (int i = 0; i < inFlight; i++) {
                new Loop().next();
            }
        });
        starter.setDaemon(true);
        starter.start();
        TimeUnit.NANOSECONDS.sleep(warmUp.toNanos());
        long start = System.nanoTime();
        long grantedBefore = granted.sum();
        long deniedBefore = denied.sum();
        long patience = start + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        do {
            TimeUnit.NANOSECONDS.sleep(measure.toNanos());
            // A cold and contended subject may need longer for its first answer.
        } while (granted.sum() + denied.sum() == grantedBefore + deniedBefore && System.nanoTime() < patience);
        Count count = new Count(granted.sum() - grantedBefore, denied.sum() - deniedBefore, System.nanoTime() - start);
        stopped = true;
        if (!running.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException(subject + " left checks unanswered");
        }
        if (failure != null) {
            throw new IllegalStateException(subject + " failed", failure);
        }
        return count;
    }

    /** One of those in flight; its value is how many times it has yet to go round. */
    private final class Loop extends AtomicInteger implements Answer {

        private static final long serialVersionUID = 1;

        /** Asks, and again for each answer that comes before the asking is over: no recursion. */
        void next() {
            if (getAndIncrement() == 0) {
                do {
                    if (stopped) {
                        running.countDown();
                        return;
                    }
                    subject.check(users.any(), this);
                } while (decrementAndGet() != 0);
            }
        }

        @Override
        public void decided(boolean isGranted) {
            (isGranted ? granted : denied).increment();
            next();
        }

        @Override
        public void failed(Throwable cause) {
            failure = cause;
            next();
        }
    }
}
