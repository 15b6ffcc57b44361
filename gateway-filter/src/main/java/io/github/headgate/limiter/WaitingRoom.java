package io.github.headgate.limiter;

import io.github.headgate.Key;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts who waits, and keeps it within a bound for the gateway and one for each key. Thread-safe, blocks nobody. */
final class WaitingRoom {

    private final int places;
    private final int placesPerKey;
    private final AtomicInteger waiting = new AtomicInteger();
    private final ConcurrentHashMap<Key, Integer> waitingPerKey = new ConcurrentHashMap<>();

    /**
     * @param places the most that wait at once, at least 0
     * @param placesPerKey the most that wait at once for one key, at least 0
     */
    WaitingRoom(int places, int placesPerKey) {
        this.places = places;
        this.placesPerKey = placesPerKey;
    }

    /** Whether one more may wait for the key just now. */
    boolean hasPlace(Key key) {
        return waiting.get() < places && waitingPerKey.getOrDefault(key, 0) < placesPerKey;
    }

    /** Takes a place; false when there is none. */
    boolean enter(Key key) {
        if (waiting.incrementAndGet() > places) {
            waiting.decrementAndGet();
            return false;
        }
        if (waitingPerKey.merge(key, 1, Integer::sum) > placesPerKey) {
            leave(key);
            return false;
        }
        return true;
    }

    void leave(Key key) {
        waitingPerKey.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
        waiting.decrementAndGet();
    }

    int waiting(Key key) {
        return waitingPerKey.getOrDefault(key, 0);
    }

    int waiting() {
        return waiting.get();
    }
}
