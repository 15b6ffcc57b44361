package io.github.headgate.failover;

import io.github.headgate.Charge;
import io.github.headgate.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Charges in Redis that are to be given back when it answers again. Bounded: when it is full a refund is dropped, and
 * its permits stay charged until they leave their windows.
 */
final class PendingRefunds {

    private final ConcurrentLinkedQueue<Charge> refunds = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final int capacity;

    PendingRefunds(int capacity) {
        this.capacity = capacity;
    }

    void add(Charge charge) {
        if (size.incrementAndGet() > capacity) {
            size.decrementAndGet();
        } else {
            refunds.add(charge);
        }
    }

    List<Charge> take(int most) {
        List<Charge> taken = new ArrayList<>();
        while (taken.size() < most) {
            Charge charge = refunds.poll();
            if (charge == null) {
                break;
            }
            size.decrementAndGet();
            taken.add(charge);
        }
        return taken;
    }

    /** Forgets the refunds of some keys: of those that were reset, or whose charges are gone. */
    void forget(Predicate<Key> keys) {
        refunds.removeIf(charge -> {
            boolean forgotten = keys.test(charge.key());
            if (forgotten) {
                size.decrementAndGet();
            }
            return forgotten;
        });
    }

    boolean isEmpty() {
        return refunds.isEmpty();
    }
}
