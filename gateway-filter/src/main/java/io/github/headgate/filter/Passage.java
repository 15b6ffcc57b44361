package io.github.headgate.filter;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A question, and the way that its answer opens. It is {@code defer}, {@code flatMap}, {@code switchIfEmpty},
 * {@code onErrorResume} and {@code doOnCancel} in one, because those cost a request about as much as its decision in
 * memory.
 */
final class Passage<T> extends Mono<Void> {

    /** A question, and what comes of it. To throw, where a Mono is asked for, is to signal that error. */
    interface Ways<T> {

        /** Signals one answer, the end without one, or an error. */
        Mono<T> question();

        /** Where the answer leads; null: there is none. */
        Mono<Void> answered(@Nullable T answer);

        /** Where an error leads. */
        Mono<Void> failed(Throwable error);

        /** The subscriber has gone, whether the question was answered or not. */
        void cancelled();
    }

    private final Supplier<Ways<T>> ways;

    /** @param ways makes those of one subscriber; to throw is an error */
    Passage(Supplier<Ways<T>> ways) {
        this.ways = ways;
    }

    @Override
    public void subscribe(CoreSubscriber<? super Void> subscriber) {
        Ways<T> own;
        try {
            own = ways.get();
        } catch (Throwable e) {
            Operators.error(subscriber, Operators.onOperatorError(e, subscriber.currentContext()));
            return;
        }
        Asking<T> asking = new Asking<>(own, subscriber);
        subscriber.onSubscribe(asking);
        asking.open(own::question).subscribe(asking);
    }

    /** Waits for the answer, and holds what is to be cancelled: the question at first, then the way. */
    private static final class Asking<T> extends AtomicReference<@Nullable Subscription>
            implements CoreSubscriber<T>, Subscription {

        private static final long serialVersionUID = 1;

        private final transient Ways<T> ways;
        private final transient CoreSubscriber<? super Void> subscriber;
        // Asked for once: all the operators of the way ask for it, and would each walk up those of the subscriber.
        private final transient Context context;
        private boolean answered;

        Asking(Ways<T> ways, CoreSubscriber<? super Void> subscriber) {
            this.ways = ways;
            this.subscriber = subscriber;
            this.context = subscriber.currentContext();
        }

        @Override
        public Context currentContext() {
            return context;
        }

        @Override
        public void onSubscribe(Subscription question) {
            goOn(question);
        }

        @Override
        public void onNext(T answer) {
            go(answer);
        }

        @Override
        public void onError(Throwable error) {
            if (answered) {
                Operators.onErrorDropped(error, currentContext());
            } else {
                answered = true;
                open(() -> ways.failed(error)).subscribe(new Going(this));
            }
        }

        @Override
        public void onComplete() {
            if (!answered) {
                go(null);
            }
        }

        private void go(@Nullable T answer) {
            answered = true;
            open(() -> ways.answered(answer)).subscribe(new Going(this));
        }

        <V> Mono<V> open(Supplier<Mono<V>> way) {
            try {
                return way.get();
            } catch (Throwable e) {
                return Mono.error(Operators.onOperatorError(e, currentContext()));
            }
        }

        private void goOn(Subscription next) {
            Subscription before = get();
            if (before != Operators.cancelledSubscription() && compareAndSet(before, next)) {
                next.request(Long.MAX_VALUE);
            } else {
                next.cancel();
            }
        }

        /** There is nothing to demand: all that comes is the end. */
        @Override
        public void request(long n) {
            Operators.validate(n);
        }

        @Override
        public void cancel() {
            ways.cancelled();
            Subscription before = getAndSet(Operators.cancelledSubscription());
            if (before != null) {
                before.cancel();
            }
        }
    }

    /** Goes the way to its end. */
    private record Going(Asking<?> asking) implements CoreSubscriber<Void> {

        @Override
        public Context currentContext() {
            return asking.context;
        }

        @Override
        public void onSubscribe(Subscription way) {
            asking.goOn(way);
        }

        @Override
        public void onNext(Void nothing) {}

        @Override
        public void onError(Throwable error) {
            asking.subscriber.onError(error);
        }

        @Override
        public void onComplete() {
            asking.subscriber.onComplete();
        }
    }
}
