package io.github.headgate.contract;

import io.github.headgate.Charge;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitStore;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;

/** A real store that also counts what it is asked. */
final class CountingStore implements LimitStore {

    final AtomicInteger decisions = new AtomicInteger();
    final AtomicInteger refunds = new AtomicInteger();
    private final LimitStore store;

    CountingStore(LimitStore store) {
        this.store = store;
    }

    @Override
    public void decide(LimitRequest request, DecisionSink sink) {
        decisions.incrementAndGet();
        store.decide(request, sink);
    }

    @Override
    public void giveBack(Charge charge) {
        refunds.incrementAndGet();
        store.giveBack(charge);
    }

    @Override
    public Mono<List<LimitUsage>> usage(Key key, Rule rule) {
        return store.usage(key, rule);
    }

    @Override
    public Mono<Void> reset(Key key) {
        return store.reset(key);
    }
}
