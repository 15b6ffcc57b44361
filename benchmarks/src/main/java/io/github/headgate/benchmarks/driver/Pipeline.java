package io.github.headgate.benchmarks.driver;

import io.github.headgate.benchmarks.subject.Answer;
import io.github.headgate.benchmarks.subject.Subject;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Sends a given number of checks, so many in flight, and waits for the last answer. */
final class Pipeline implements Answer {

    private static final int IN_FLIGHT = 64;

    private final Semaphore free = new Semaphore(IN_FLIGHT);
    private volatile @Nullable Throwable failure;

    private Pipeline() {}

    /** @throws IllegalStateException if a check was denied, or failed */
    static void send(Subject subject, int checks, IntFunction<String> user) throws InterruptedException {
        Pipeline pipeline = new Pipeline();
        for (int i = 0; i < checks; i++) {
            pipeline.free.acquire();
            subject.check(user.apply(i), pipeline);
        }
        pipeline.free.acquire(IN_FLIGHT);
        if (pipeline.failure != null) {
            throw new IllegalStateException(pipeline.failure);
        }
    }

    @Override
    public void decided(boolean granted) {
        if (granted) {
            free.release();
        } else {
            failed(new IllegalStateException("denied"));
        }
    }

    @Override
    public void failed(Throwable cause) {
        failure = cause;
        free.release();
    }
}
