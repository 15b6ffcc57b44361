package io.github.headgate.failover;

import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * The grants that Redis does not know of yet, oldest first. Bounded: when it is full a new grant is not noted, and
 * counted as dropped; the local store still has it.
 */
final class PendingCharges {

    /** Looked at for each one that is taken, so that taking is never long. */
    private static final int MOST_FOR_EACH = 64;

    private final ConcurrentLinkedQueue<Entry> entries = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong dropped = new AtomicLong();
    private final int capacity;

    PendingCharges(int capacity) {
        this.capacity = capacity;
    }

    /**
     * Notes a grant.
     *
     * @param atMillis when its permits are spent, on the clock that {@link #take} is given
     */
    Entry add(LimitRequest request, long atMillis) {
        Entry entry = new Entry(request, atMillis);
        add(entry);
        return entry;
    }

    private void add(Entry entry) {
        if (size.incrementAndGet() > capacity) {
            size.decrementAndGet();
            dropped.incrementAndGet();
            return;
        }
        entries.add(entry);
    }

    /** Puts back what could not be charged. */
    void putBack(LimitRequest request, long atMillis) {
        add(new Entry(request, atMillis));
    }

    /** Takes grants out until they make up to so many, those of one key, rule and second counted as one. */
    List<Entry> take(int most) {
        Map<Merged, Integer> permits = new LinkedHashMap<>();
        for (int i = 0; i < most * MOST_FOR_EACH && permits.size() < most; i++) {
            Entry entry = entries.poll();
            if (entry == null) {
                break;
            }
            size.decrementAndGet();
            if (!entry.withdrawn) {
                LimitRequest request = entry.request;
                permits.merge(
                        new Merged(request.key(), request.rule(), entry.atMillis / 1000),
                        request.permits(),
                        Math::addExact);
            }
        }
        List<Entry> taken = new ArrayList<>(permits.size());
        permits.forEach((merged, sum) -> taken.add(new Entry(
                new LimitRequest(merged.key, merged.rule, sum, 0),
                // The end of the second: no permit comes back before its time.
                merged.second * 1000 + 999)));
        return taken;
    }

    /** Forgets the grants of some keys: those that were reset, or of whose grants there is another record. */
    void forget(Predicate<Key> keys) {
        for (Entry entry : entries) {
            if (keys.test(entry.request.key())) {
                entry.withdrawn = true;
            }
        }
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    int size() {
        return size.get();
    }

    /** How many grants were not noted because the log was full. */
    long dropped() {
        return dropped.get();
    }

    /** A grant; withdrawn when it was given back before Redis learnt of it. */
    static final class Entry {

        final LimitRequest request;
        final long atMillis;
        private volatile boolean withdrawn;

        private Entry(LimitRequest request, long atMillis) {
            this.request = request;
            this.atMillis = atMillis;
        }

        void withdraw() {
            withdrawn = true;
        }
    }

    private record Merged(Key key, Rule rule, long second) {}
}
