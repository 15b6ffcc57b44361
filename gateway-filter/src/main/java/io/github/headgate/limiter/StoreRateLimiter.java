package io.github.headgate.limiter;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Decision.Granted;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.KeyStatus;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitStore;
import io.github.headgate.Origin;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import io.github.headgate.rules.RuleBook;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/** The limiter over a store and a book of rules. */
public final class StoreRateLimiter implements ProviderRateLimiter {

    private final LimitStore store;
    private final WaitingRoom room;
    private final Scheduler timer;
    private final DecisionListener listener;
    private volatile RuleBook rules;

    /**
     * @param rules the rules to begin with
     * @param maxWaiting the most requests that wait at once, at least 0; beyond, a request is decided as if it would
     *     not wait
     * @param maxWaitingPerKey the same for one key
     * @param timer wakes those who wait
     */
    public StoreRateLimiter(LimitStore store, RuleBook rules, int maxWaiting, int maxWaitingPerKey, Scheduler timer) {
        this(store, rules, maxWaiting, maxWaitingPerKey, timer, DecisionListener.NONE);
    }

    /** The same, with somebody who listens. */
    public StoreRateLimiter(
            LimitStore store,
            RuleBook rules,
            int maxWaiting,
            int maxWaitingPerKey,
            Scheduler timer,
            DecisionListener listener) {
        this.store = store;
        this.rules = rules;
        this.room = new WaitingRoom(maxWaiting, maxWaitingPerKey);
        this.timer = timer;
        this.listener = listener;
    }

    @Override
    public Mono<Decision> check(Key key, @Nullable String tier, int permits) {
        return acquire(key, tier, permits, Duration.ZERO);
    }

    @Override
    public Mono<Decision> acquire(Key key, @Nullable String tier, int permits, Duration maxWait) {
        return decide(key, tier, permits, maxWait, false);
    }

    @Override
    public Mono<Decision> shadow(Key key, @Nullable String tier, int permits, Duration maxWait) {
        return decide(key, tier, permits, maxWait, true);
    }

    private Mono<Decision> decide(Key key, @Nullable String tier, int permits, Duration maxWait, boolean shadow) {
        RuleBook book = rules;
        // Here and not at subscription, so that wrong numbers are told to the caller at once.
        LimitRequest asked = new LimitRequest(key, book.ruleFor(key, tier), permits, maxWait.toMillis());
        return Mono.create(sink -> {
            RuleBook now = rules;
            LimitRequest current = now == book ? asked : asked.under(now.ruleFor(key, tier));
            boolean asIs = shadow || current.maxWaitMillis() == 0 || room.hasPlace(key);
            new Admission(asIs ? current : current.withoutWait(), sink, shadow).begin();
        });
    }

    @Override
    public void giveBack(Granted granted) {
        if (granted.charge() instanceof Once once) {
            once.giveBack(store);
        }
    }

    @Override
    public Mono<KeyStatus> status(Key key) {
        return Mono.defer(() -> {
            Rule rule = rules.ruleFor(key, null);
            return store.usage(key, rule).map(usage -> new KeyStatus(key, rule, usage));
        });
    }

    @Override
    public Mono<Void> reset(Key key) {
        return store.reset(key);
    }

    @Override
    public Mono<Void> setUserRule(String user, Rule rule) {
        return Mono.fromRunnable(() -> change(book -> book.withUserRule(UserId.of(user), rule)));
    }

    @Override
    public Mono<Void> clearUserRule(String user) {
        return Mono.fromRunnable(() -> change(book -> book.withoutUserRule(UserId.of(user))));
    }

    private synchronized void change(UnaryOperator<RuleBook> change) {
        rules = change.apply(rules);
    }

    /** The rules in force: the configured ones, and what was set at run time. */
    public RuleBook rules() {
        return rules;
    }

    /** How many requests wait just now. */
    public int waiting() {
        return room.waiting();
    }

    /** How many requests of one key wait just now. */
    public int waiting(Key key) {
        return room.waiting(key);
    }

    /**
     * One request on its way: asked, perhaps waiting, then told; or cancelled on the way, and then given back.
     *
     * <p>A cancel and an answer may come at the same time on two threads. Whoever takes the state from the other one's
     * expectation gives the permits back or hands them out, and nobody does both.
     */
    private final class Admission extends AtomicInteger implements DecisionSink, Disposable, Runnable {

        private static final long serialVersionUID = 1;

        private static final int ASKED = 0;
        private static final int WAITING = 1;
        private static final int TOLD = 2;
        private static final int CANCELLED = 3;

        private final transient LimitRequest request;
        private final transient MonoSink<Decision> sink;
        private final boolean shadow;
        private transient @Nullable Granted granted;
        private transient Origin grantedBy = Origin.LOCAL;
        private transient long asking;
        private transient volatile @Nullable Disposable alarm;

        Admission(LimitRequest request, MonoSink<Decision> sink, boolean shadow) {
            this.request = request;
            this.sink = sink;
            this.shadow = shadow;
        }

        void begin() {
            sink.onDispose(this);
            ask(request);
        }

        private void ask(LimitRequest question) {
            asking = listener.asking();
            store.decide(question, this);
        }

        @Override
        public void decided(Decision decision, Origin origin) {
            listener.answered(request, origin, asking);
            if (!(decision instanceof Granted grant)) {
                tell(decision, origin);
            } else if (grant.delayMillis() == 0 || shadow) {
                Granted once = once(grant);
                if (!tell(once, origin)) {
                    giveBack(once);
                }
            } else if (room.enter(request.key())) {
                await(once(grant), origin);
            } else {
                // The last place went to somebody else since: give the reservation back, and ask without one.
                store.giveBack(grant.charge());
                ask(request.withoutWait());
            }
        }

        private void await(Granted reserved, Origin origin) {
            granted = reserved;
            grantedBy = origin;
            if (!compareAndSet(ASKED, WAITING)) {
                room.leave(request.key());
                giveBack(reserved);
                return;
            }
            alarm = timer.schedule(this, reserved.delayMillis(), TimeUnit.MILLISECONDS);
            if (get() == CANCELLED) {
                silence();
            }
        }

        /** The wait is over. */
        @Override
        public void run() {
            Granted reserved = granted;
            if (reserved != null && compareAndSet(WAITING, TOLD)) {
                room.leave(request.key());
                listener.told(request, reserved, grantedBy);
                sink.success(reserved);
            }
        }

        private boolean tell(Decision decision, Origin origin) {
            if (compareAndSet(ASKED, TOLD)) {
                if (shadow) {
                    listener.shadowed(request, decision, origin);
                } else {
                    listener.told(request, decision, origin);
                }
                sink.success(decision);
                return true;
            }
            return false;
        }

        @Override
        public void failed(Throwable cause) {
            if (compareAndSet(ASKED, TOLD)) {
                sink.error(cause);
            }
        }

        @Override
        public boolean isCancelled() {
            return get() == CANCELLED;
        }

        /** The caller has gone, or has been told. */
        @Override
        public void dispose() {
            int before = getAndUpdate(state -> state == TOLD ? TOLD : CANCELLED);
            Granted reserved = granted;
            if (before == WAITING && reserved != null) {
                silence();
                room.leave(request.key());
                giveBack(reserved);
            }
        }

        private void silence() {
            Disposable set = alarm;
            if (set != null) {
                set.dispose();
            }
        }

        private Granted once(Granted grant) {
            return new Granted(grant.usage(), grant.delayMillis(), new Once(grant.charge()));
        }

        private void giveBack(Granted grant) {
            StoreRateLimiter.this.giveBack(grant);
        }
    }

    /** A charge that is given back at most once. */
    private static final class Once extends AtomicInteger implements Charge {

        private static final long serialVersionUID = 1;

        private final transient Charge charge;

        Once(Charge charge) {
            this.charge = charge;
        }

        void giveBack(LimitStore store) {
            if (compareAndSet(0, 1)) {
                store.giveBack(charge);
            }
        }

        @Override
        public Key key() {
            return charge.key();
        }

        @Override
        public int permits() {
            return charge.permits();
        }
    }
}
