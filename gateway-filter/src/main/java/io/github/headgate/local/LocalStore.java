package io.github.headgate.local;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Decision.Granted;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitStore;
import io.github.headgate.LimitUsage;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import io.github.headgate.arithmetic.KeyState;
import io.github.headgate.arithmetic.SlotCharge;
import io.github.headgate.arithmetic.Spent;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Counts in this process's memory. Decides on the calling thread, under a lock of the key's own that is held for the
 * arithmetic alone.
 *
 * <p>Holds at most a given number of keys, and never drops one that is in use. While it is full of those, users it does
 * not know share one overflow key per provider: whoever invents user ids can neither exhaust the memory, nor push out a
 * key in use, nor get a quota for each id.
 */
public final class LocalStore implements LimitStore {

    /** Keys looked at for each one that comes in: more than one, so that spent keys leave faster than new ones come. */
    private static final int SWEEP_STEP = 4;

    private static final int SWEEP_WHEN_FULL = 64;

    /** Instead of a charge of what another store granted in ignorance of what was granted in its place. */
    public static final Charge OVERDRAWN = new Overdrawn();

    private final ConcurrentHashMap<Key, Entry> entries = new ConcurrentHashMap<>();
    private final AtomicInteger size = new AtomicInteger();
    private final ReentrantLock sweeping = new ReentrantLock();
    private Iterator<Entry> unswept = entries.values().iterator();
    private final int maxKeys;
    private final LongSupplier nanos;

    /** @param maxKeys the most keys held, at least 1, not counting one overflow key per provider */
    public LocalStore(int maxKeys) {
        this(maxKeys, System::nanoTime);
    }

    /**
     * The same, by another clock.
     *
     * @param nanos the time in nanoseconds from any beginning; never steps back
     */
    public LocalStore(int maxKeys, LongSupplier nanos) {
        this.maxKeys = maxKeys;
        this.nanos = nanos;
    }

    @Override
    public void decide(LimitRequest request, DecisionSink sink) {
        sink.decided(decide(request), Origin.LOCAL);
    }

    /** Decides on the calling thread. */
    public Decision decide(LimitRequest request) {
        while (true) {
            Entry entry = entryFor(request.key());
            entry.lock();
            try {
                if (!entry.removed) {
                    return entry.state.decide(entry.asOwn(request), now());
                }
            } finally {
                entry.unlock();
            }
        }
    }

    /**
     * Decides in the place of a store that does not answer: from what this one has charged itself, and from what that
     * one last {@linkplain #report reported}. A grant is charged here as asked, and counted as {@code shared} among all
     * that is decided in that store's place until it reports again.
     *
     * @param shared the request as it is decided
     * @param asked the request as it came, of the same key
     */
    public Decision standIn(LimitRequest shared, LimitRequest asked) {
        while (true) {
            Entry entry = entryFor(asked.key());
            entry.lock();
            try {
                if (!entry.removed) {
                    return entry.standIn(shared, asked, now());
                }
            } finally {
                entry.unlock();
            }
        }
    }

    /**
     * Charges what another store granted, unless there is not room enough left for what was granted in its place and it
     * has not been {@linkplain #told} of.
     *
     * @param delayMillis when the permits are spent, from now; negative when they have been already
     * @param usage what that store says of the key, after its grant
     * @return what was charged; null when there is no room for a key that is not known yet; {@link #OVERDRAWN} when
     *     nothing was, because that store would not have granted had it known
     */
    public @Nullable Charge charge(LimitRequest request, long delayMillis, List<LimitUsage> usage) {
        while (true) {
            Entry entry = entryFor(request.key());
            if (entry.isOverflow(request.key())) {
                return null;
            }
            entry.lock();
            try {
                if (!entry.removed) {
                    long now = now();
                    if (entry.untold > 0 && !entry.state.leavesRoom(usage, entry.untold, request.rule(), now)) {
                        return OVERDRAWN;
                    }
                    SlotCharge charge = entry.state.charge(request, now, delayMillis);
                    if (delayMillis == 0) {
                        entry.state.report(request.rule(), usage, now);
                    }
                    entry.standIn = null;
                    return charge;
                }
            } finally {
                entry.unlock();
            }
        }
    }

    /**
     * Notes that the other store need not be told of permits that were granted in its place any more: it has been, or
     * they are given back.
     */
    public void told(Key key, int permits) {
        Entry entry = entries.get(key);
        if (entry != null) {
            entry.lock();
            try {
                entry.untold = Math.max(0, entry.untold - permits);
            } finally {
                entry.unlock();
            }
        }
    }

    /** Notes what another store says of a key; forgotten when there is no room for a key that is not known yet. */
    public void report(LimitRequest request, List<LimitUsage> usage) {
        Entry entry = entryFor(request.key());
        if (!entry.isOverflow(request.key())) {
            entry.lock();
            try {
                // Of an entry that was dropped just now nothing is lost but this.
                entry.state.report(request.rule(), usage, now());
                entry.standIn = null;
            } finally {
                entry.unlock();
            }
        }
    }

    @Override
    public void giveBack(Charge charge) {
        Entry entry =
                charge instanceof SlotCharge || charge instanceof StandInCharge ? entries.get(charge.key()) : null;
        if (entry != null) {
            entry.lock();
            try {
                if (!entry.removed) {
                    entry.giveBack(charge, now());
                }
            } finally {
                entry.unlock();
            }
        }
    }

    @Override
    public Mono<List<LimitUsage>> usage(Key key, Rule rule) {
        return Mono.fromSupplier(() -> usageNow(key, rule));
    }

    private List<LimitUsage> usageNow(Key key, Rule rule) {
        Entry known = entries.get(key);
        Entry entry = known == null && size.get() >= maxKeys ? entries.get(overflow(key)) : known;
        if (entry == null) {
            return new KeyState(0).usage(rule, now());
        }
        entry.lock();
        try {
            KeyState standIn = entry.standIn;
            return (standIn == null ? entry.state : standIn).usage(rule, now());
        } finally {
            entry.unlock();
        }
    }

    @Override
    public Mono<Void> reset(Key key) {
        return Mono.fromRunnable(() -> forget(key));
    }

    /** Forgets the usage of a key. */
    public void forget(Key key) {
        Entry entry = entries.get(key);
        if (entry != null) {
            entry.lock();
            try {
                remove(entry);
            } finally {
                entry.unlock();
            }
        }
    }

    /**
     * Tells what was charged here of each key and still counts, key by key, for the other store to be told all of it;
     * one that comes meanwhile may be missed. From then on {@link #isInToldHistory} knows of it.
     */
    public Stream<Map.Entry<Key, List<Spent>>> histories(Predicate<Key> keys) {
        return entries.values().stream()
                .filter(entry -> entry.counted && keys.test(entry.key))
                .map(entry -> {
                    entry.lock();
                    try {
                        entry.untold = 0;
                        if (entry.sinceHistory != null) {
                            entry.sinceHistory.set(true);
                            entry.sinceHistory = null;
                        }
                        return Map.entry(entry.key, entry.state.history(now()));
                    } finally {
                        entry.unlock();
                    }
                })
                .filter(history -> !history.getValue().isEmpty());
    }

    /** Whether a grant in another store's place was part of a {@linkplain #histories history} since. */
    public boolean isInToldHistory(Charge standIn) {
        return standIn instanceof StandInCharge both && both.inToldHistory.get();
    }

    /** Whether a key is held, and by itself. */
    public boolean holds(Key key) {
        return entries.containsKey(key);
    }

    /** How many keys are held. */
    public int size() {
        // A key that finds no room is counted for a moment.
        return Math.min(size.get(), maxKeys);
    }

    private Entry entryFor(Key key) {
        Entry entry = entries.get(key);
        return entry != null ? entry : newEntryFor(key);
    }

    private Entry newEntryFor(Key key) {
        sweep(size.get() < maxKeys ? SWEEP_STEP : SWEEP_WHEN_FULL);
        if (size.incrementAndGet() > maxKeys) {
            size.decrementAndGet();
            return entries.computeIfAbsent(overflow(key), shared -> new Entry(shared, false));
        }
        Entry fresh = new Entry(key, true);
        Entry other = entries.putIfAbsent(key, fresh);
        if (other != null) {
            size.decrementAndGet();
            return other;
        }
        return fresh;
    }

    private static Key overflow(Key key) {
        return new Key(key.provider(), UserId.OVERFLOW);
    }

    /** Looks at some keys, going round, and drops those whose history does not matter any more. */
    private void sweep(int keys) {
        if (!sweeping.tryLock()) {
            return;
        }
        try {
            if (!unswept.hasNext()) {
                unswept = entries.values().iterator();
            }
            long now = now();
            for (int i = 0; i < keys && unswept.hasNext(); i++) {
                Entry entry = unswept.next();
                entry.lock();
                try {
                    if (entry.isSpent(now)) {
                        remove(entry);
                    }
                } finally {
                    entry.unlock();
                }
            }
        } finally {
            sweeping.unlock();
        }
    }

    /** With the entry's lock held. */
    private void remove(Entry entry) {
        if (!entry.removed) {
            entry.removed = true;
            entries.remove(entry.key, entry);
            if (entry.counted) {
                size.decrementAndGet();
            }
        }
    }

    private long now() {
        return Math.floorDiv(nanos.getAsLong(), 1_000_000L);
    }

    /** A key's state, and the lock that guards it. */
    private static final class Entry extends BriefLock {

        final Key key;
        final boolean counted;
        // Random, so that a charge of a state that was dropped fits no later one.
        final KeyState state = new KeyState(ThreadLocalRandom.current().nextLong());
        /** What decides in another store's place, since its last report. */
        @Nullable
        KeyState standIn;

        /** Permits granted in another store's place that it has not been told of. */
        int untold;

        /** Set when its history is told; shared by all that is granted in another store's place until then. */
        @Nullable
        AtomicBoolean sinceHistory;

        boolean removed;

        Entry(Key key, boolean counted) {
            this.key = key;
            this.counted = counted;
        }

        Decision standIn(LimitRequest shared, LimitRequest asked, long now) {
            KeyState deciding = standIn;
            if (deciding == null) {
                deciding = state.standIn(asked.rule(), now);
                standIn = deciding;
            }
            Decision decision = deciding.decide(asOwn(shared), now);
            if (!(decision instanceof Granted granted)) {
                return decision;
            }
            SlotCharge own = state.charge(asOwn(asked), now, granted.delayMillis());
            untold += asked.permits();
            AtomicBoolean told = sinceHistory;
            if (told == null) {
                told = new AtomicBoolean();
                sinceHistory = told;
            }
            return new Granted(
                    granted.usage(),
                    granted.delayMillis(),
                    new StandInCharge((SlotCharge) granted.charge(), own, deciding, told));
        }

        void giveBack(Charge charge, long now) {
            KeyState deciding = standIn;
            if (charge instanceof StandInCharge both) {
                state.giveBack(both.own, now);
                if (deciding != null) {
                    deciding.giveBack(deciding == both.chargedTo ? both.shared : both.own, now);
                }
            } else {
                state.giveBack((SlotCharge) charge, now);
                if (deciding != null) {
                    deciding.giveBack((SlotCharge) charge, now);
                }
            }
        }

        boolean isSpent(long now) {
            KeyState deciding = standIn;
            return state.isSpent(now) && (deciding == null || deciding.isSpent(now));
        }

        boolean isOverflow(Key asked) {
            return !counted && !key.equals(asked);
        }

        /** The request as one of this entry's key, so that what it is charged is found again. */
        LimitRequest asOwn(LimitRequest request) {
            return isOverflow(request.key()) ? request.by(key) : request;
        }
    }

    private record Overdrawn() implements Charge {

        @Override
        public Key key() {
            throw new UnsupportedOperationException("nothing was charged");
        }

        @Override
        public int permits() {
            return 0;
        }
    }

    /** A grant in another store's place: what was decided, and what was asked for. */
    private record StandInCharge(SlotCharge shared, SlotCharge own, KeyState chargedTo, AtomicBoolean inToldHistory)
            implements Charge {

        @Override
        public Key key() {
            return own.key();
        }

        @Override
        public int permits() {
            return own.permits();
        }
    }
}
