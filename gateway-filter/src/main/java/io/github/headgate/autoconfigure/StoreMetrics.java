package io.github.headgate.autoconfigure;

import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreState;
import io.github.headgate.limiter.StoreRateLimiter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/** Which store decides, who waits, and what Redis does not know of yet, as metrics. */
final class StoreMetrics implements MeterBinder {

    private final StoreView store;
    private final @Nullable StoreRateLimiter limiter;

    StoreMetrics(StoreView store, @Nullable StoreRateLimiter limiter) {
        this.store = store;
        this.limiter = limiter;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("headgate.store.shared", store, it -> it.state().mode() == StoreState.Mode.SHARED ? 1 : 0)
                .description("1 while Redis decides, shared by all gateways; 0 while this gateway decides alone")
                .register(registry);
        if (limiter != null) {
            Gauge.builder("headgate.waiting", limiter, StoreRateLimiter::waiting)
                    .description("Requests that wait for their permits now")
                    .register(registry);
        }
        FailoverStore shared = store.shared();
        if (shared != null) {
            Gauge.builder("headgate.charges.pending", shared, FailoverStore::pendingCharges)
                    .description("Grants made without Redis that are still to be charged there")
                    .register(registry);
            FunctionCounter.builder("headgate.charges.dropped", shared, FailoverStore::droppedCharges)
                    .description("Grants made without Redis that will never be charged there: too many were pending")
                    .register(registry);
        }
    }
}
