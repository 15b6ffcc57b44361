package io.github.headgate.metrics;

import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreState;
import io.github.headgate.failover.StoreView;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Which store decides, who waits, and what Redis does not know of yet, as metrics. */
public final class StoreMetrics implements MeterBinder {

    private final StoreView store;
    private final @Nullable StoreRateLimiter limiter;

    /** @param limiter null when the application brings a limiter of its own: then nobody knows who waits */
    public StoreMetrics(StoreView store, @Nullable StoreRateLimiter limiter) {
        this.store = store;
        this.limiter = limiter;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge(HeadgateMeter.STORE_SHARED, store, it -> it.state().mode() == StoreState.Mode.SHARED ? 1 : 0)
                .register(registry);
        if (limiter != null) {
            gauge(HeadgateMeter.WAITING, limiter, StoreRateLimiter::waiting).register(registry);
        }
        FailoverStore shared = store.shared();
        if (shared != null) {
            bindShared(shared, registry);
        }
    }

    private static void bindShared(FailoverStore shared, MeterRegistry registry) {
        // Never half open: only a probe closes it, and no request is one.
        for (CircuitBreaker.State state :
                new CircuitBreaker.State[] {CircuitBreaker.State.CLOSED, CircuitBreaker.State.OPEN}) {
            gauge(HeadgateMeter.BREAKER_STATE, shared, it -> it.breaker().getState() == state ? 1 : 0)
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        gauge(HeadgateMeter.CHARGES_PENDING, shared, FailoverStore::pendingCharges)
                .register(registry);
        counter(HeadgateMeter.CHARGES_DROPPED, shared, FailoverStore::droppedCharges)
                .register(registry);
        counter(HeadgateMeter.FAILOVERS, shared, FailoverStore::failovers).register(registry);
    }

    private static <T> Gauge.Builder<T> gauge(HeadgateMeter meter, T of, ToDoubleFunction<T> value) {
        return Gauge.builder(meter.meterName(), of, value).description(meter.description());
    }

    private static <T> FunctionCounter.Builder<T> counter(HeadgateMeter meter, T of, ToDoubleFunction<T> value) {
        return FunctionCounter.builder(meter.meterName(), of, value).description(meter.description());
    }
}
