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
import io.github.headgate.rules.RuleKind;
import io.github.headgate.runtime.LocalRuleStore;
import io.github.headgate.runtime.RuleEdit;
import io.github.headgate.runtime.RuleStore;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;

/** The limiter over a store and a book of rules. */
public final class StoreRateLimiter implements ProviderRateLimiter {

    private final LimitStore store;
    private final WaitingRoom room;
    private final Scheduler timer;
    private final DecisionListener listener;
    private final RuleBook configured;
    private volatile RuleBook rules;
    private volatile RuleStore ruleStore;

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
        this.configured = rules;
        this.rules = rules;
        this.room = new WaitingRoom(maxWaiting, maxWaitingPerKey);
        this.timer = timer;
        this.listener = listener;
        ruleStore = new LocalRuleStore();
        ruleStore.listen(set -> this.rules = configured.with(set));
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
        LimitRequest asked = LimitRequest.of(key, book.ruleFor(key, tier), permits, maxWait);
        return Question.onAssembly(new Question(book, asked, tier, shadow));
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

    /** Takes run-time rules from that store from now on, and changes them there. Before the first request. */
    public void follow(RuleStore changes) {
        ruleStore = changes;
        changes.listen(set -> rules = configured.with(set));
    }

    /** Where rules that are set at run time are kept. */
    public RuleStore ruleStore() {
        return ruleStore;
    }

    @Override
    public Mono<Void> setUserRule(String user, Rule rule) {
        return change(RuleKind.USERS, UserId.of(user).toString(), rule, null);
    }

    @Override
    public Mono<Void> setUserTier(String user, String tier) {
        requireTier(tier);
        return change(RuleKind.USERS, UserId.of(user).toString(), null, tier);
    }

    @Override
    public Mono<Void> clearUserRule(String user) {
        return change(RuleKind.USERS, UserId.of(user).toString(), null, null);
    }

    @Override
    public Mono<Void> setTierRule(String tier, Rule rule) {
        requireTier(tier);
        return change(RuleKind.TIERS, tier, rule, null);
    }

    @Override
    public Mono<Void> clearTierRule(String tier) {
        return change(RuleKind.TIERS, tier, null, null);
    }

    @Override
    public Mono<Void> setProviderRule(String provider, Rule rule) {
        if (!configured.knowsProvider(provider)) {
            throw new IllegalArgumentException("unknown provider \"" + provider + "\"");
        }
        return change(RuleKind.PROVIDERS, provider, rule, null);
    }

    @Override
    public Mono<Void> clearProviderRule(String provider) {
        return change(RuleKind.PROVIDERS, provider, null, null);
    }

    private void requireTier(String tier) {
        if (!configured.tierNames().contains(tier)) {
            throw new IllegalArgumentException("unknown tier \"" + tier + "\"");
        }
    }

    private Mono<Void> change(RuleKind kind, String name, @Nullable Rule rule, @Nullable String tier) {
        return ruleStore
                .edit(new RuleEdit(kind, name, rule, tier, "application", null))
                .then();
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

    /** A decision that is asked for when it is demanded; each subscriber asks anew. */
    private final class Question extends Mono<Decision> {

        private final RuleBook book;
        private final LimitRequest asked;
        private final @Nullable String tier;
        private final boolean shadow;

        /** @param book the rules under which it was put: they may have changed when it is asked */
        Question(RuleBook book, LimitRequest asked, @Nullable String tier, boolean shadow) {
            this.book = book;
            this.asked = asked;
            this.tier = tier;
            this.shadow = shadow;
        }

        @Override
        public void subscribe(CoreSubscriber<? super Decision> caller) {
            RuleBook now = rules;
            LimitRequest current = now == book ? asked : asked.under(now.ruleFor(asked.key(), tier));
            boolean asIs = shadow || current.maxWaitMillis() == 0 || room.hasPlace(asked.key());
            caller.onSubscribe(new Admission(asIs ? current : current.withoutWait(), caller, shadow));
        }

        // To be seen by whoever debugs what an application assembles, as Reactor's own operators are.
        static Mono<Decision> onAssembly(Question question) {
            return Mono.onAssembly(question);
        }
    }

    /**
     * One request on its way: demanded, asked, perhaps waiting, then told; or cancelled on the way, and then given
     * back.
     *
     * <p>A cancel and an answer may come at the same time on two threads. Whoever takes the state from the other one's
     * expectation gives the permits back or hands them out, and nobody does both.
     */
    private final class Admission extends AtomicInteger implements DecisionSink, Subscription, Runnable {

        private static final long serialVersionUID = 1;

        private static final int NEW = 0;
        private static final int ASKED = 1;
        private static final int WAITING = 2;
        private static final int TOLD = 3;
        private static final int CANCELLED = 4;

        private final transient LimitRequest request;
        private final transient CoreSubscriber<? super Decision> caller;
        private final boolean shadow;
        private transient @Nullable Granted granted;
        private transient Origin grantedBy = Origin.LOCAL;
        private transient long asking;
        private transient volatile @Nullable Disposable alarm;

        Admission(LimitRequest request, CoreSubscriber<? super Decision> caller, boolean shadow) {
            this.request = request;
            this.caller = caller;
            this.shadow = shadow;
        }

        @Override
        public void request(long n) {
            if (Operators.validate(n) && compareAndSet(NEW, ASKED)) {
                try {
                    ask(request);
                } catch (Throwable e) {
                    Throwable error = Operators.onOperatorError(e, caller.currentContext());
                    if (!fail(error)) {
                        Operators.onErrorDropped(error, caller.currentContext());
                    }
                }
            }
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
                hand(reserved);
            }
        }

        private boolean tell(Decision decision, Origin origin) {
            if (compareAndSet(ASKED, TOLD)) {
                if (shadow) {
                    listener.shadowed(request, decision, origin);
                } else {
                    listener.told(request, decision, origin);
                }
                hand(decision);
                return true;
            }
            return false;
        }

        private void hand(Decision decision) {
            caller.onNext(decision);
            caller.onComplete();
        }

        @Override
        public void failed(Throwable cause) {
            var unused = fail(cause);
        }

        private boolean fail(Throwable cause) {
            boolean awaited = compareAndSet(ASKED, TOLD);
            if (awaited) {
                caller.onError(cause);
            }
            return awaited;
        }

        @Override
        public boolean isCancelled() {
            return get() == CANCELLED;
        }

        /** The caller has gone. */
        @Override
        public void cancel() {
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
