package io.github.headgate.failover;

import io.github.headgate.Key;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What this gateway has granted, on its way to a Redis that has lost its data. When a call fails it stops, and goes on
 * from there when it is told to: begun anew, it would charge again what is charged already.
 */
final class Restoration {

    private static final int KEYS_AT_ONCE = 16;

    private final String marker;
    private final Iterator<Telling> histories;
    private final Function<Telling, CompletableFuture<Void>> charge;
    private final Set<Telling> underWay = ConcurrentHashMap.newKeySet();
    private final Queue<Telling> failed = new ConcurrentLinkedQueue<>();
    private volatile boolean abandoned;
    private @Nullable CompletableFuture<Void> going;

    /**
     * @param marker names the data that is made up for
     * @param histories all of one key each
     */
    Restoration(String marker, Iterator<Telling> histories, Function<Telling, CompletableFuture<Void>> charge) {
        this.marker = marker;
        this.histories = histories;
        this.charge = charge;
    }

    boolean isTo(String other) {
        return marker.equals(other);
    }

    /** Stops for good: the data it was for is lost, too. */
    void abandon() {
        abandoned = true;
    }

    /** What was granted to a key counts no more: it is not told again. */
    void forget(Key key) {
        underWay.removeIf(telling -> telling.key().equals(key));
        failed.removeIf(telling -> telling.key().equals(key));
    }

    /** Completes when all is charged; fails when a call does. While it is going, it does not go twice. */
    synchronized CompletableFuture<Void> goOn() {
        CompletableFuture<Void> current = going;
        if (current == null || current.isCompletedExceptionally()) {
            current = chargeSome();
            going = current;
        }
        return current;
    }

    private CompletableFuture<Void> chargeSome() {
        if (abandoned) {
            return CompletableFuture.failedFuture(new IllegalStateException("Redis has lost its data once more"));
        }
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        while (calls.size() < KEYS_AT_ONCE) {
            Telling retried = failed.poll();
            if (retried == null && !histories.hasNext()) {
                break;
            }
            Telling history = retried == null ? histories.next() : retried;
            underWay.add(history);
            calls.add(charge.apply(history).whenComplete((done, failure) -> {
                if (underWay.remove(history) && failure != null) {
                    failed.add(history);
                }
            }));
        }
        return calls.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new))
                        .thenCompose(done -> chargeSome());
    }
}
