package io.github.headgate.failover;

import io.github.headgate.Charge;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.arithmetic.SlotCharge;
import io.github.headgate.arithmetic.Spent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The grants that Redis does not know of yet, oldest first. Bounded: when it is full a new grant is not noted, and
 * counted as dropped; the local store still has it.
 */
final class PendingCharges {

    /** Looked at for each one that is taken, so that taking is never long. */
    private static final int MOST_FOR_EACH = 64;

    private final ConcurrentLinkedQueue<Entry> entries = new ConcurrentLinkedQueue<>();
    /** What Redis was told and did not confirm. */
    private final ConcurrentLinkedQueue<Telling> cutOff = new ConcurrentLinkedQueue<>();
    /** What Redis is being told, by its name. */
    private final Map<String, Telling> underWay = new ConcurrentHashMap<>();

    private final Supplier<String> names;
    private final Consumer<Charge> refunds;
    private final AtomicInteger size = new AtomicInteger();
    private final AtomicLong dropped = new AtomicLong();
    private final int capacity;

    /**
     * @param names what is told; each is a new one
     * @param refunds is given what Redis has charged and is to give back
     */
    PendingCharges(int capacity, Supplier<String> names, Consumer<Charge> refunds) {
        this.capacity = capacity;
        this.names = names;
        this.refunds = refunds;
    }

    /**
     * Notes a grant.
     *
     * @param atMillis when its permits are spent, on the clock of {@link Telling#spentBy}
     * @param toldOtherwise whether Redis has been told of it with other grants of its key
     */
    Entry add(LimitRequest request, long atMillis, BooleanSupplier toldOtherwise) {
        Entry entry = new Entry(request, atMillis, toldOtherwise);
        if (size.incrementAndGet() > capacity) {
            size.decrementAndGet();
            dropped.incrementAndGet();
        } else {
            entries.add(entry);
        }
        return entry;
    }

    /** Redis has been told. */
    void told(Telling telling) {
        underWay.remove(telling.name());
    }

    /** Puts back what could not be told, unless it was forgotten meanwhile. */
    void putBack(Telling telling) {
        if (underWay.remove(telling.name()) != null) {
            size.addAndGet(telling.grants());
            cutOff.add(telling);
        }
    }

    /**
     * Takes grants out until they make up to so many charges, those of one key, rule and second counted as one; first
     * what was put back. Each is {@linkplain #told told} or {@linkplain #putBack put back} then.
     */
    List<Telling> take(int most) {
        List<Telling> taken = new ArrayList<>();
        int charges = 0;
        while (charges < most) {
            Telling telling = cutOff.poll();
            if (telling == null) {
                break;
            }
            size.addAndGet(-telling.grants());
            charges += telling.spent().size();
            taken.add(telling);
        }
        Map<Key, Map<Together, Grants>> grants = new LinkedHashMap<>();
        for (int i = 0; i < most * MOST_FOR_EACH && charges < most; i++) {
            Entry entry = entries.poll();
            if (entry == null) {
                break;
            }
            size.decrementAndGet();
            if (entry.take()) {
                Map<Together, Grants> ofKey = grants.computeIfAbsent(entry.request.key(), key -> new LinkedHashMap<>());
                int before = ofKey.size();
                ofKey.computeIfAbsent(new Together(entry.request.rule(), entry.atMillis / 1000), first -> new Grants())
                        .add(entry);
                charges += ofKey.size() - before;
            }
        }
        grants.forEach((key, ofKey) -> taken.add(telling(key, ofKey)));
        taken.forEach(telling -> underWay.put(telling.name(), telling));
        return taken;
    }

    private Telling telling(Key key, Map<Together, Grants> grants) {
        long latest = grants.values().stream()
                .mapToLong(all -> all.latestMillis)
                .max()
                .orElseThrow();
        List<Spent> spent = new ArrayList<>(grants.size());
        grants.forEach((together, all) -> spent.add(new Spent(together.rule, all.permits, latest - all.latestMillis)));
        List<Grants> told = List.copyOf(grants.values());
        int entriesTold = told.stream().mapToInt(all -> all.entries.size()).sum();
        return new Telling(names.get(), key, spent, latest, entriesTold, charged -> {
            for (int i = 0; i < charged.size(); i++) {
                told.get(i).charged(charged.get(i));
            }
        });
    }

    /** Forgets the grants of some keys, which were reset. */
    void forget(Predicate<Key> keys) {
        for (Entry entry : entries) {
            if (keys.test(entry.request.key())) {
                entry.giveBack();
            }
        }
        forgetTold(keys);
    }

    /** Forgets what Redis was told of some keys and has not confirmed: the data is gone that it was told for. */
    void forgetTold(Predicate<Key> keys) {
        underWay.values().removeIf(telling -> keys.test(telling.key()));
        cutOff.removeIf(telling -> {
            boolean forgotten = keys.test(telling.key());
            if (forgotten) {
                size.addAndGet(-telling.grants());
            }
            return forgotten;
        });
    }

    boolean isEmpty() {
        return entries.isEmpty() && cutOff.isEmpty();
    }

    int size() {
        return size.get();
    }

    /** How many grants were not noted because the log was full. */
    long dropped() {
        return dropped.get();
    }

    /**
     * A grant, which may be given back at any time: before Redis is told of it, meanwhile, or when it has charged it.
     */
    final class Entry {

        final LimitRequest request;
        private final long atMillis;
        private final BooleanSupplier toldOtherwise;
        private State state = State.PENDING;
        private @Nullable SlotCharge charged;

        private Entry(LimitRequest request, long atMillis, BooleanSupplier toldOtherwise) {
            this.request = request;
            this.atMillis = atMillis;
            this.toldOtherwise = toldOtherwise;
        }

        /** Returns whether Redis has not been told of it, and need not be any more. */
        synchronized boolean giveBack() {
            boolean untold = isToBeTold();
            state = State.GIVEN_BACK;
            SlotCharge there = charged;
            if (there != null) {
                charged = null;
                refunds.accept(there);
            }
            return untold;
        }

        private synchronized boolean take() {
            boolean toBeTold = isToBeTold();
            if (toBeTold) {
                state = State.TOLD;
            }
            return toBeTold;
        }

        private boolean isToBeTold() {
            return state == State.PENDING && !toldOtherwise.getAsBoolean();
        }

        private synchronized void charged(SlotCharge together) {
            SlotCharge own = new SlotCharge(
                    together.key(),
                    together.rule(),
                    request.permits(),
                    together.generation(),
                    together.instantMillis());
            if (state == State.GIVEN_BACK) {
                refunds.accept(own);
            } else {
                charged = own;
            }
        }
    }

    private enum State {
        PENDING,
        TOLD,
        GIVEN_BACK
    }

    private record Together(Rule rule, long second) {}

    /** Some that are told as if all were spent when the last is: no permit comes back before its time. */
    private static final class Grants {

        private final List<Entry> entries = new ArrayList<>();
        private int permits;
        private long latestMillis;

        void add(Entry entry) {
            permits = Math.addExact(permits, entry.request.permits());
            latestMillis = entries.isEmpty() ? entry.atMillis : Math.max(latestMillis, entry.atMillis);
            entries.add(entry);
        }

        void charged(SlotCharge together) {
            entries.forEach(entry -> entry.charged(together));
        }
    }
}
