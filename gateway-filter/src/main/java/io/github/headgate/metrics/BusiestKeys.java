package io.github.headgate.metrics;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.limiter.DecisionListener;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Who asked this gateway most lately, at each provider. Counts are halved once a minute. At most 128 keys a provider
 * are held: a new one takes the place of the least busy and goes on from its count (Space-Saving), so a busy key is
 * never missed, and one that is shown may be overrated by at most the least count held.
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

    BusiestKeys(LongSupplier nanoTime) {
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

        private final Map<Key, long[]> counts = new HashMap<>(2 * KEYS);
        private long halvedAt;

        Counts(long now) {
            halvedAt = now;
        }

        synchronized void add(Key key, long now) {
            halve(now);
            long[] count = counts.get(key);
            if (count != null) {
                count[0]++;
            } else {
                counts.put(key, new long[] {1 + (counts.size() < KEYS ? 0 : removeLeast())});
            }
        }

        private long removeLeast() {
            Key least = null;
            long count = Long.MAX_VALUE;
            for (Map.Entry<Key, long[]> each : counts.entrySet()) {
                if (each.getValue()[0] < count) {
                    least = each.getKey();
                    count = each.getValue()[0];
                    if (count == 1) {
                        break;
                    }
                }
            }
            counts.remove(least);
            return count;
        }

        private void halve(long now) {
            long times = (now - halvedAt) / HALVED_AFTER_NANOS;
            if (times <= 0) {
                return;
            }
            halvedAt += times * HALVED_AFTER_NANOS;
            for (Iterator<long[]> each = counts.values().iterator(); each.hasNext(); ) {
                long[] count = each.next();
                count[0] >>= Math.min(times, 63);
                if (count[0] == 0) {
                    each.remove();
                }
            }
        }

        synchronized List<Busy> top(int n, long now) {
            halve(now);
            List<Busy> all = new ArrayList<>(counts.size());
            counts.forEach((key, count) -> all.add(new Busy(key, count[0])));
            all.sort(Comparator.comparingLong(Busy::decisions)
                    .reversed()
                    .thenComparing(it -> it.key().toString()));
            return List.copyOf(all.subList(0, Math.min(n, all.size())));
        }
    }
}
