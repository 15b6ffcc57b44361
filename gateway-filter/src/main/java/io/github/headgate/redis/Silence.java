package io.github.headgate.redis;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How long Redis has not answered on a connection that is open: where a firewall has forgotten it or the other machine
 * is gone, neither side is told, and the client would wait on it for a quarter of an hour.
 */
final class Silence {

    private static final long LONGEST_NANOS = Duration.ofSeconds(1).toNanos();

    private final Runnable replace;
    /** When the first call went unanswered since one was answered, in {@link System#nanoTime}; 0: none has. */
    private final AtomicLong since = new AtomicLong();

    private final AtomicBoolean replacing = new AtomicBoolean();

    /** @param replace starts to replace the connection, and returns at once */
    Silence(Runnable replace) {
        this.replace = replace;
    }

    /** A call has timed out. */
    void unanswered() {
        long now = System.nanoTime();
        boolean first = since.compareAndSet(0, now == 0 ? 1 : now);
        if (!first && now - since.get() > LONGEST_NANOS && replacing.compareAndSet(false, true)) {
            replace.run();
        }
    }

    /** A call has been answered. */
    void answered() {
        since.set(0);
    }

    /** Another connection is there: whether it is to take the place of this one, which is still silent. */
    boolean replaced() {
        replacing.set(false);
        return since.getAndSet(0) != 0;
    }
}
