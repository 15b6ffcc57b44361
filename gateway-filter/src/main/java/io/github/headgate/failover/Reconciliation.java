package io.github.headgate.failover;

import io.github.headgate.Charge;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.failover.PendingRefunds.Refund;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.GatewayRegistry.Roll;
import io.github.headgate.redis.RedisStore;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what was granted, given back and reset without Redis, and tells Redis when it answers again, once and in
 * bounded batches. A Redis that has lost its data is told all that this gateway has granted and that still counts.
 *
 * <p>A call that runs into the timeout may be executed all the same, so what is told has a name by which Redis knows
 * that it has heard it.
 */
final class Reconciliation {

    private static final int MOST_PENDING_CHARGES = 200_000;
    private static final int MOST_PENDING_REFUNDS = 200_000;
    private static final int MOST_PENDING_RESETS = 10_000;
    /** A Redis that answers and yet refuses a reset so often will not take it. */
    private static final int MOST_REFUSALS = 10;

    private static final int BATCH = 256;
    private static final long PAUSE_MILLIS = 100;
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Logger LOG = LoggerFactory.getLogger(Reconciliation.class);

    private final RedisStore redis;
    private final GatewayRegistry registry;
    private final LocalStore local;
    private final Gateways gateways;
    private final Timer timer;
    private final BooleanSupplier trusted;
    private final PendingCharges charges;
    /** How often Redis has refused each; another count for each time that a key is reset. */
    private final Map<Key, AtomicInteger> resets = new ConcurrentHashMap<>();

    private final PendingRefunds refunds;
    private final AtomicLong tellings = new AtomicLong();
    /** Names the data that each server had when it was last asked, by the name of the roll there. */
    private final Map<String, Marker> markers = new ConcurrentHashMap<>();

    /** By the name of the roll, what its server is told after it has lost its data. */
    private final Map<String, Restoration> restorations = new HashMap<>();

    private final AtomicInteger restoring = new AtomicInteger();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile boolean closed;

    /** @param trusted whether Redis decides; while it does not, only a probe may ask whether it answers */
    Reconciliation(
            RedisStore redis,
            GatewayRegistry registry,
            LocalStore local,
            Gateways gateways,
            Timer timer,
            BooleanSupplier trusted) {
        this.redis = redis;
        this.registry = registry;
        this.local = local;
        this.gateways = gateways;
        this.timer = timer;
        this.trusted = trusted;
        this.charges = new PendingCharges(MOST_PENDING_CHARGES, this::nextName, this::giveBack);
        this.refunds = new PendingRefunds(MOST_PENDING_REFUNDS, this::nextName);
    }

    /** Names what Redis is told next. */
    private String nextName() {
        return registry.name() + '-' + tellings.incrementAndGet();
    }

    PendingCharges charges() {
        return charges;
    }

    /** Notes what was granted here, to be spent after a delay, and tells Redis soon if it answers. */
    PendingCharges.Entry granted(LimitRequest request, long delayMillis, Charge charge) {
        PendingCharges.Entry entry =
                charges.add(request, nowMillis() + delayMillis, () -> local.isInToldHistory(charge));
        tellSoon();
        return entry;
    }

    PendingRefunds refunds() {
        return refunds;
    }

    /** Notes that a charge in Redis is to be given back, and tells Redis soon if it answers. */
    void giveBack(Charge charge) {
        refunds.add(charge);
        tellSoon();
    }

    /**
     * Notes that a key was reset here, and tells Redis soon if it answers; beyond a bound a reset stays this gateway's
     * own.
     */
    void reset(Key key) {
        if (resets.size() < MOST_PENDING_RESETS) {
            resets.put(key, new AtomicInteger());
        }
        tellSoon();
    }

    /** Forgets what Redis was to be told of a key, because it was reset. */
    void forget(Key key) {
        charges.forget(key::equals);
        refunds.forget(key::equals);
        synchronized (this) {
            restorations.values().forEach(restoration -> restoration.forget(key));
        }
    }

    void close() {
        closed = true;
    }

    /** Tells Redis soon, if it answers: for requests whose own call failed while Redis as a whole did not. */
    void tellSoon() {
        boolean nothing = charges.isEmpty() && refunds.isEmpty() && resets.isEmpty();
        if (nothing || closed || !trusted.getAsBoolean() || !scheduled.compareAndSet(false, true)) {
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

    /**
     * Tells Redis what there is to tell, or as much of it as can be told in a second; fails when Redis does. What it
     * does not know by then is kept: many users' grants are no reason not to trust it, for what it grants in ignorance
     * of one is seen.
     */
    CompletableFuture<Void> tell() {
        long until = System.nanoTime() + MOST_NANOS;
        return hear().thenCompose(Reconciliation::all)
                .thenCompose(done -> tellResets(List.copyOf(resets.entrySet()).iterator()))
                .thenCompose(done -> tellCharges(until))
                .thenCompose(done -> tellRefunds());
    }

    /**
     * Says that this gateway is alive, hears who else is, and begins to make up for data that Redis has lost; fails
     * when one of the servers that decide does not answer.
     */
    CompletableFuture<Void> announce() {
        return hear().thenAccept(madeUp -> {});
    }

    /** Whether data that Redis has lost is being made up for: that can take longer than a gateway counts as alive. */
    boolean isRestoring() {
        return restoring.get() > 0;
    }

    /** {@linkplain #announce Announces} this gateway, and tells when all that was lost is made up for. */
    private CompletableFuture<List<CompletableFuture<Void>>> hear() {
        List<CompletableFuture<Roll>> calls = registry.announce();
        List<CompletableFuture<Void>> madeUp = new CopyOnWriteArrayList<>();
        return all(calls.stream()
                        .map(call -> call.thenAccept(roll -> madeUp.add(heard(roll))))
                        .toList())
                .whenComplete((done, failure) -> {
                    List<String> alive = calls.stream()
                            .filter(call -> !call.isCompletedExceptionally())
                            .flatMap(call -> call.join().alive().stream())
                            .distinct()
                            .toList();
                    if (!alive.isEmpty()) {
                        gateways.alive(alive);
                    }
                })
                .thenApply(done -> madeUp);
    }

    private CompletableFuture<Void> heard(Roll roll) {
        Marker heard = new Marker(roll.marker(), nowMillis());
        Marker before = markers.get(roll.name());
        if (before == null || before.isForgotten(heard) || before.name.equals(heard.name)) {
            markers.put(roll.name(), heard);
            return CompletableFuture.completedFuture(null);
        }
        restoring.incrementAndGet();
        return restorationOf(roll)
                .goOn()
                .thenRun(() -> markers.put(roll.name(), heard))
                .whenComplete((done, failure) -> restoring.decrementAndGet());
    }

    /** One for each time that Redis lost its data, however often that is noticed until all is made up for. */
    private synchronized Restoration restorationOf(Roll roll) {
        Restoration current = restorations.get(roll.name());
        if (current == null || !current.isTo(roll.marker())) {
            LOG.warn("Redis has lost its data: what this gateway has granted lately is charged there again");
            if (current != null) {
                current.abandon();
            }
            Predicate<Key> isThere = key -> redis.livesWith(key, roll.name());
            refunds.forget(isThere);
            charges.forgetTold(isThere.and(local::holds));
            Iterator<Telling> histories = local.histories(isThere)
                    .map(each -> new Telling(nextName(), each.getKey(), each.getValue(), nowMillis(), 0, charged -> {}))
                    .iterator();
            current = new Restoration(roll.marker(), histories, this::charge);
            restorations.put(roll.name(), current);
        }
        return current;
    }

    private CompletableFuture<Void> tellRefunds() {
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        for (Refund each : refunds.take(BATCH)) {
            calls.add(redis.refund(each.name(), each.charge()).whenComplete((done, failure) -> {
                if (failure != null) {
                    refunds.putBack(each);
                }
            }));
        }
        return calls.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : all(calls).thenCompose(done -> tellRefunds());
    }

    /** One that fails is told again later: that Redis answers is not for it to say. */
    private CompletableFuture<Void> tellResets(Iterator<Map.Entry<Key, AtomicInteger>> left) {
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        while (left.hasNext() && calls.size() < BATCH) {
            Map.Entry<Key, AtomicInteger> reset = left.next();
            calls.add(redis.reset(reset.getKey())
                    .toFuture()
                    .whenComplete((done, failure) -> told(reset.getKey(), reset.getValue(), failure))
                    .exceptionally(failure -> null));
        }
        return calls.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : all(calls).thenCompose(done -> tellResets(left));
    }

    private void told(Key reset, AtomicInteger refusals, @Nullable Throwable failure) {
        boolean refused = failure != null && refusals.incrementAndGet() >= MOST_REFUSALS;
        if (refused) {
            LOG.warn("Redis does not take a reset at {}, which stays this gateway's own", reset.provider(), failure);
        }
        if (refused || failure == null) {
            resets.remove(reset, refusals);
        }
    }

    private CompletableFuture<Void> tellCharges(long untilNanos) {
        List<Telling> batch = System.nanoTime() - untilNanos < 0 ? charges.take(BATCH) : List.of();
        if (batch.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        List<CompletableFuture<Void>> calls = new ArrayList<>(batch.size());
        for (Telling each : batch) {
            calls.add(charge(each).whenComplete((done, failure) -> {
                if (failure == null) {
                    charges.told(each);
                    local.told(each.key(), each.permits());
                } else {
                    charges.putBack(each);
                }
            }));
        }
        return all(calls).thenCompose(done -> tellCharges(untilNanos));
    }

    private CompletableFuture<Void> charge(Telling telling) {
        return redis.charge(telling.name(), telling.key(), telling.spentBy(nowMillis()))
                .thenAccept(telling.charged());
    }

    private static CompletableFuture<Void> all(List<CompletableFuture<Void>> calls) {
        return CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new));
    }

    private static long nowMillis() {
        return System.nanoTime() / 1_000_000;
    }

    /** Names a server's data, as it was at an instant. */
    record Marker(String name, long atMillis) {

        /** A roll of a Cluster that nobody has announced himself on for long has left Redis by itself. */
        private static final long REMEMBERED_MILLIS = TimeUnit.HOURS.toMillis(24);

        boolean isForgotten(Marker later) {
            return later.atMillis - atMillis > REMEMBERED_MILLIS;
        }
    }
}
