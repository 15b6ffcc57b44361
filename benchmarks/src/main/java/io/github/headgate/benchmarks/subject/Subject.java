package io.github.headgate.benchmarks.subject;

/** A limiter that counts in Redis, or the bare call in its place. Thread-safe. */
public interface Subject extends AutoCloseable {

    /** Asks for one permit, and tells the answer, now or later, on any thread. */
    void check(String user, Answer answer);

    @Override
    void close();
}
