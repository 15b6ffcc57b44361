package io.github.headgate.failover;

import io.github.headgate.Charge;
import io.github.headgate.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Charges in Redis that are to be given back when it answers again. Bounded: when it is full a refund is dropped, and
 * its permits stay charged until they leave their windows.
 */
final class PendingRefunds {

    private final ConcurrentLinkedQueue<Refund> refunds = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final int capacity;
    private final Supplier<String> names;

    /** @param names what is told; each is a new one */
    PendingRefunds(int capacity, Supplier<String> names) {
        this.capacity = capacity;
        this.names = names;
    }

    void add(Charge charge) {
        putBack(new Refund(names.get(), charge));
    }

    /** Puts back what could not be told, under its name. */
    void putBack(Refund refund) {
        if (size.incrementAndGet() > capacity) {
            size.decrementAndGet();
        } else {
            refunds.add(refund);
        }
    }

    List<Refund> take(int most) {
        List<Refund> taken = new ArrayList<>();
        while (taken.size() < most) {
            Refund refund = refunds.poll();
            if (refund == null) {
                break;
            }
            size.decrementAndGet();
            taken.add(refund);
        }
        return taken;
    }

    /** Forgets the refunds of some keys: of those that were reset, or whose charges are gone. */
    void forget(Predicate<Key> keys) {
        refunds.removeIf(refund -> {
            boolean forgotten = keys.test(refund.charge.key());
            if (forgotten) {
                size.decrementAndGet();
            }
            return forgotten;
        });
    }

    boolean isEmpty() {
        return refunds.isEmpty();
    }

    /**
     * A charge to be given back.
     *
     * @param name unlike that of all else that any gateway tells, so that it is given back once however often it is
     *     told
     */
    record Refund(String name, Charge charge) {}
}
