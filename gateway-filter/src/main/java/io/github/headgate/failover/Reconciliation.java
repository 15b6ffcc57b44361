package io.github.headgate.failover;

import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.redis.RedisStore;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Keeps what was granted and reset without Redis, and tells Redis when it answers again, once and in bounded batches.
 *
 * <p>Asks first whether it answers: a charge that runs into the timeout may be executed all the same, and then counts
 * twice.
 */
final class Reconciliation {

    private static final int MOST_PENDING_CHARGES = 200_000;
    private static final int MOST_PENDING_RESETS = 10_000;
    private static final int BATCH = 256;
    private static final long PAUSE_MILLIS = 100;

    private final RedisStore redis;
    private final Timer timer;
    private final BooleanSupplier trusted;
    private final PendingCharges charges = new PendingCharges(MOST_PENDING_CHARGES);
    private final Set<Key> resets = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile boolean closed;

    /** @param trusted whether Redis decides; while it does not, only a probe may ask whether it answers */
    Reconciliation(RedisStore redis, Timer timer, BooleanSupplier trusted) {
        this.redis = redis;
        this.timer = timer;
        this.trusted = trusted;
    }

    PendingCharges charges() {
        return charges;
    }

    /** Notes what was granted here, to be spent after a delay. */
    PendingCharges.Entry granted(LimitRequest request, long delayMillis) {
        return charges.add(request, nowMillis() + delayMillis);
    }

    /** Notes that a key was reset here; beyond a bound a reset stays this gateway's own. */
    void reset(Key key) {
        if (resets.size() < MOST_PENDING_RESETS) {
            resets.add(key);
        }
    }

    void close() {
        closed = true;
    }

    /** Tells Redis soon, for requests whose own call failed while Redis as a whole did not. */
    void tellSoon() {
        if (charges.isEmpty() || closed || !trusted.getAsBoolean() || !scheduled.compareAndSet(false, true)) {
            return;
        }
        timer.newTimeout(
                due -> {
                    var unused = tell().whenComplete((done, failure) -> {
                        scheduled.set(false);
                        tellSoon();
                    });
                },
                PAUSE_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    /** Tells Redis everything now; fails when Redis does, and what it does not know by then is kept. */
    CompletableFuture<Void> tell() {
        return redis.probe().thenCompose(answered -> tellResets()).thenCompose(done -> tellCharges());
    }

    private CompletableFuture<Void> tellResets() {
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        for (Key key : resets) {
            calls.add(redis.reset(key).toFuture().thenRun(() -> resets.remove(key)));
        }
        return all(calls);
    }

    private CompletableFuture<Void> tellCharges() {
        List<PendingCharges.Entry> batch = charges.take(BATCH);
        if (batch.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        long now = nowMillis();
        List<CompletableFuture<Void>> calls = new ArrayList<>(batch.size());
        for (PendingCharges.Entry each : batch) {
            calls.add(redis.charge(each.request, Math.max(0, now - each.atMillis))
                    .whenComplete((done, failure) -> {
                        if (failure != null) {
                            charges.putBack(each.request, each.atMillis);
                        }
                    }));
        }
        return all(calls).thenCompose(done -> tellCharges());
    }

    private static CompletableFuture<Void> all(List<CompletableFuture<Void>> calls) {
        return CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new));
    }

    private static long nowMillis() {
        return System.nanoTime() / 1_000_000;
    }
}
