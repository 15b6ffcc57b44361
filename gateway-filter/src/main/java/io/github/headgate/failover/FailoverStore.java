package io.github.headgate.failover;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitStore;
import io.github.headgate.LimitUsage;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import io.github.headgate.Window;
import io.github.headgate.local.LocalStore;
import io.github.headgate.redis.GatewayRegistry;
import io.github.headgate.redis.RedisStore;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.resource.Delay;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Decides on Redis, and locally the moment Redis fails. Never signals a failure.
 *
 * <p>While Redis answers, its grants are charged to the local store as well, so that a fail-over gives nobody a fresh
 * quota; what the local store grants meanwhile is noted, and charged to Redis when it is back. A circuit breaker keeps
 * requests away from a Redis that fails; only probes touch it then, at growing, jittered intervals, and the first that
 * succeeds brings it back.
 */
public final class FailoverStore implements LimitStore {

    private static final Logger LOG = LoggerFactory.getLogger(FailoverStore.class);

    private static final Delay BETWEEN_PROBES = Delay.fullJitter(50, 500, 50, TimeUnit.MILLISECONDS);

    private static final long ANNOUNCE_MILLIS = 1_000;

    /** A master that misses so many announcements in a row fails; one may be missed for reasons of this machine. */
    private static final int MOST_MISSED = 2;

    private final RedisStore redis;
    private final LocalStore local;
    private final OnFailure onFailure;
    private final Timer timer;
    private final StoreSwitch decider = new StoreSwitch(this::failedOver, this::recovered);
    private final Gateways gateways;
    private final Reconciliation reconciliation;
    private final AtomicInteger missed = new AtomicInteger();
    private final AtomicInteger closures = new AtomicInteger();
    private volatile boolean closed;

    /**
     * @param registry says who shares Redis
     * @param expectedGateways how many gateways there are as long as Redis has not told, at least 1
     * @param timer starts probes and late charges; its thread is never blocked
     */
    public FailoverStore(
            RedisStore redis,
            GatewayRegistry registry,
            LocalStore local,
            OnFailure onFailure,
            int expectedGateways,
            Timer timer) {
        this.gateways = new Gateways(registry.name(), expectedGateways);
        this.redis = redis;
        this.local = local;
        this.onFailure = onFailure;
        this.timer = timer;
        this.reconciliation = new Reconciliation(redis, registry, local, gateways, timer, this::isShared);
        redis.listen(decider);
    }

    /** The circuit breaker, to be looked at. */
    public CircuitBreaker breaker() {
        return decider.breaker();
    }

    /** The state of the circuit breaker, {@code closed} or {@code open}. */
    public String breakerState() {
        return decider.breaker().getState().name().toLowerCase(Locale.ROOT);
    }

    public StoreState state() {
        return decider.state();
    }

    /** How often Redis was given up, a start without it included. */
    public long failovers() {
        return decider.failovers();
    }

    /** How many gateways share Redis, this one included, as far as is known. */
    public int gateways() {
        return gateways.count();
    }

    /** Grants that Redis does not know of yet. */
    public int pendingCharges() {
        return reconciliation.charges().size();
    }

    /** Grants that Redis will never know of, because too many were pending. */
    public long droppedCharges() {
        return reconciliation.charges().dropped();
    }

    /**
     * Begins: locally if Redis is not there yet.
     *
     * @param atMost how long to wait until this gateway is known to the others
     */
    public void start(boolean redisIsThere, Duration atMost) {
        if (!redisIsThere) {
            decider.giveUp();
        }
        try {
            announce().get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("Not announced yet", e);
        }
    }

    /**
     * Says every second that this gateway is alive; to a Redis that is not trusted only probes speak, and who has found
     * it and tells it what it has lost.
     */
    private CompletableFuture<Void> announce() {
        CompletableFuture<Void> announced = isShared() || reconciliation.isRestoring()
                ? reconciliation.announce()
                : CompletableFuture.completedFuture(null);
        return announced.whenComplete((done, failure) -> {
            giveUpWhenOneFails(failure);
            if (!closed) {
                timer.newTimeout(
                        due -> {
                            var unused = announce();
                        },
                        ANNOUNCE_MILLIS,
                        TimeUnit.MILLISECONDS);
            }
        });
    }

    /**
     * A cluster is one Redis: while a master fails its keys would be decided after a timeout each, and too few calls
     * may fail for the breaker to notice.
     */
    private void giveUpWhenOneFails(@Nullable Throwable failure) {
        if (failure == null) {
            missed.set(0);
        } else if (missed.incrementAndGet() >= MOST_MISSED && redis.isCluster()) {
            giveUp();
        }
    }

    /**
     * Gives Redis up until a probe has found it: when the connection has closed it may be another Redis, which knows
     * nothing and would grant anew.
     */
    public void connectionClosed() {
        closures.incrementAndGet();
        giveUp();
    }

    private void giveUp() {
        if (isShared()) {
            decider.giveUp();
        }
    }

    /** Stops probing; decides locally from now on. */
    public void close() {
        closed = true;
        reconciliation.close();
    }

    @Override
    public void decide(LimitRequest request, DecisionSink sink) {
        if (isShared()) {
            redis.decide(request, new Guarded(request, sink));
        } else {
            decideWithoutRedis(request, sink);
        }
    }

    private void decideWithoutRedis(LimitRequest request, DecisionSink sink) {
        switch (onFailure) {
            case LOCAL -> sink.decided(decideLocally(request), Origin.LOCAL);
            case ALLOW ->
                sink.decided(
                        new Granted(untouched(request.rule()), 0, new Uncounted(request.key(), request.permits())),
                        Origin.LOCAL);
            case DENY -> sink.decided(denied(request), Origin.LOCAL);
        }
    }

    private Decision decideLocally(LimitRequest request) {
        Share share = gateways.shareOf(request.key());
        LimitRequest shared = share.of(request);
        if (shared == null) {
            return isTooLarge(request) ? local.decide(request) : denied(request);
        }
        Decision decision = share.told(local.standIn(shared, request), request);
        if (decision instanceof Granted granted) {
            PendingCharges.Entry entry = reconciliation.granted(request, granted.delayMillis(), granted.charge());
            return new Granted(granted.usage(), granted.delayMillis(), new LocalCharge(granted.charge(), entry));
        }
        return decision;
    }

    private static boolean isTooLarge(LimitRequest request) {
        return Share.ALL.of(request) == null;
    }

    private static Denied denied(LimitRequest request) {
        return new Denied(
                untouched(request.rule()),
                request.rule().shortestWindow().limitKind(),
                request.permits(),
                Share.ASK_AGAIN_MILLIS,
                Decision.Reason.STORE_UNAVAILABLE);
    }

    private static List<LimitUsage> untouched(Rule rule) {
        List<LimitUsage> usage = new ArrayList<>(4);
        for (Window window : rule.windows()) {
            Integer limit = rule.limit(window);
            if (limit != null) {
                usage.add(new LimitUsage(window.limitKind(), limit, limit, 0, 0));
            }
        }
        Integer burst = rule.burstCapacity();
        if (burst != null) {
            usage.add(new LimitUsage(LimitKind.BURST, burst, burst, 0, 0));
        }
        return usage;
    }

    @Override
    public void giveBack(Charge charge) {
        if (charge instanceof SharedCharge shared) {
            if (shared.local != null) {
                local.giveBack(shared.local);
            }
            if (isShared()) {
                redis.giveBack(shared.redis);
            } else {
                reconciliation.giveBack(shared.redis);
            }
        } else if (charge instanceof LocalCharge own) {
            if (own.entry.giveBack()) {
                local.told(own.key(), own.permits());
            }
            local.giveBack(own.local);
        }
    }

    @Override
    public Mono<List<LimitUsage>> usage(Key key, Rule rule) {
        return Mono.defer(() -> isShared()
                ? redis.usage(key, rule).onErrorResume(failure -> localUsage(key, rule))
                : localUsage(key, rule));
    }

    private Mono<List<LimitUsage>> localUsage(Key key, Rule rule) {
        Share share = gateways.shareOf(key);
        LimitRequest shared = share.of(new LimitRequest(key, rule, 1, 0));
        return local.usage(key, shared == null ? rule : shared.rule()).map(usage -> share.told(usage, rule));
    }

    /** Forgets a key here and in Redis, which tells the other gateways; when Redis is away, as soon as it is back. */
    @Override
    public Mono<Void> reset(Key key) {
        return Mono.defer(() -> {
            forget(key);
            Mono<Void> shared = isShared() ? redis.reset(key) : Mono.error(new IllegalStateException("Redis is away"));
            return shared.onErrorResume(failure -> {
                reconciliation.reset(key);
                return Mono.empty();
            });
        });
    }

    /** Forgets what this process knows of a key, because some gateway has reset it. */
    public void forget(Key key) {
        local.forget(key);
        reconciliation.forget(key);
        redis.forget(key);
    }

    private boolean isShared() {
        return decider.isShared() && !closed;
    }

    private void failedOver() {
        LOG.warn(
                "Redis fails: requests are now {} by this gateway alone",
                onFailure == OnFailure.LOCAL ? "decided" : onFailure == OnFailure.ALLOW ? "allowed" : "denied");
        probeAfter(1);
    }

    private void recovered() {
        LOG.info("Redis answers: requests are decided there again, shared by all gateways");
    }

    private void probeAfter(int attempt) {
        if (!closed) {
            timer.newTimeout(
                    due -> probe(attempt), BETWEEN_PROBES.createDelay(attempt).toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void probe(int attempt) {
        int closedBefore = closures.get();
        var unused = reconciliation.tell().whenComplete((done, failure) -> {
            if (failure == null) {
                decider.trust();
                // What the probe has told may be gone again.
                if (closures.get() != closedBefore) {
                    giveUp();
                }
                // What was granted locally since.
                reconciliation.tellSoon();
            } else {
                LOG.debug("Redis still fails", failure);
                probeAfter(attempt + 1);
            }
        });
    }

    /** A question that Redis was asked; the local store answers it if Redis does not. */
    private final class Guarded implements DecisionSink {

        private final LimitRequest request;
        private final DecisionSink sink;

        Guarded(LimitRequest request, DecisionSink sink) {
            this.request = request;
            this.sink = sink;
        }

        @Override
        public void decided(Decision decision, Origin origin) {
            if (decision instanceof Granted granted) {
                Charge shadow = local.charge(request, granted.delayMillis(), granted.usage());
                if (shadow == LocalStore.OVERDRAWN) {
                    redis.giveBack(granted.charge());
                    decideWithoutRedis(request, sink);
                    return;
                }
                sink.decided(
                        new Granted(granted.usage(), granted.delayMillis(), new SharedCharge(granted.charge(), shadow)),
                        origin);
            } else {
                if (origin == Origin.SHARED) {
                    local.report(request, decision.usage());
                }
                sink.decided(decision, origin);
            }
        }

        @Override
        public void failed(Throwable cause) {
            decideWithoutRedis(request, sink);
        }

        @Override
        public boolean isCancelled() {
            return sink.isCancelled();
        }
    }

    /** A charge in Redis, and its shadow in the local store, if there was room. */
    private record SharedCharge(Charge redis, @Nullable Charge local) implements Charge {

        @Override
        public Key key() {
            return redis.key();
        }

        @Override
        public int permits() {
            return redis.permits();
        }
    }

    /** A charge in the local store that Redis is yet to learn of. */
    private record LocalCharge(Charge local, PendingCharges.Entry entry) implements Charge {

        @Override
        public Key key() {
            return entry.request.key();
        }

        @Override
        public int permits() {
            return entry.request.permits();
        }
    }

    /** No charge: the request went without being counted. */
    private record Uncounted(Key key, int permits) implements Charge {}
}
