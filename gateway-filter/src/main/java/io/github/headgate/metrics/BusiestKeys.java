package io.github.headgate.metrics;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.limiter.DecisionListener;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Who asked this gateway most lately, at each provider. Counts are halved once a minute. At most 128 keys a provider
 * are held: one that finds no place raises the least count held by one and drops who has no more (Misra and Gries,
 * 1982), so a busy key is never missed, and one that is shown may be overrated by at most that least count.
 *
 * <p>Never waits: a decision that finds another one being counted is not counted, which is as likely for every key.
 */
public final class BusiestKeys implements DecisionListener {

    static final int KEYS = 128;

    private static final int PROVIDERS = 256;
    private static final long HALVED_AFTER_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Map<String, Counts> byProvider = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

    public BusiestKeys() {
        this(System::nanoTime);
    }

    /** @param nanoTime the clock, in nanoseconds from any beginning */
    public BusiestKeys(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * A key and how often it asked.
     *
     * @param decisions about how many, older ones counting less; at least 1
     */
    public record Busy(Key key, long decisions) {}

    /** The busiest keys of a provider, the busiest first, at most {@code n}, and never more than 128. */
    public List<Busy> top(String provider, int n) {
        Counts counts = byProvider.get(provider);
        return counts == null ? List.of() : counts.top(n, nanoTime.getAsLong());
    }

    @Override
    public void told(LimitRequest request, Decision decision, Origin origin) {
        count(request.key());
    }

    @Override
    public void shadowed(LimitRequest request, Decision decision, Origin origin) {
        count(request.key());
    }

    private void count(Key key) {
        long now = nanoTime.getAsLong();
        Counts counts = byProvider.get(key.provider());
        if (counts == null) {
            if (byProvider.size() >= PROVIDERS) {
                return;
            }
            counts = byProvider.computeIfAbsent(key.provider(), unused -> new Counts(now));
        }
        counts.add(key, now);
    }

    /** The counts of one provider. */
    private static final class Counts {

        private final ReentrantLock lock = new ReentrantLock();
        private final Map<Key, long[]> counts = new HashMap<>(2 * KEYS);
        /** What a key that is not held may have; all held have more. */
        private long least;

        private long halvedAt;

        Counts(long now) {
            halvedAt = now;
        }

        void add(Key key, long now) {
            if (lock.tryLock()) {
                try {
                    halve(now);
                    count(key);
                } finally {
                    lock.unlock();
                }
            }
        }

        private void count(Key key) {
            long[] count = counts.get(key);
            if (count != null) {
                count[0]++;
            } else if (counts.size() < KEYS) {
                counts.put(key, new long[] {least + 1});
            } else {
                // Looks at all keys, once in at least as many decisions.
                least++;
                dropTheLeast();
            }
        }

        private void dropTheLeast() {
            counts.values().removeIf(count -> count[0] <= least);
        }

        private void halve(long now) {
            long times = (now - halvedAt) / HALVED_AFTER_NANOS;
            if (times <= 0) {
                return;
            }
            halvedAt += times * HALVED_AFTER_NANOS;
            int shift = (int) Math.min(times, 63);
            least >>= shift;
            counts.values().forEach(count -> count[0] >>= shift);
            dropTheLeast();
        }

        List<Busy> top(int n, long now) {
            List<Busy> all = new ArrayList<>(KEYS);
            lock.lock();
            try {
                halve(now);
                counts.forEach((key, count) -> all.add(new Busy(key, count[0])));
            } finally {
                lock.unlock();
            }
            all.sort(Comparator.comparingLong(Busy::decisions)
                    .reversed()
                    .thenComparing(it -> it.key().toString()));
            return List.copyOf(all.subList(0, Math.min(n, all.size())));
        }
    }
}
