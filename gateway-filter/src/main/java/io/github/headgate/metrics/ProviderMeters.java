package io.github.headgate.metrics;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.LimitKind;
import io.github.headgate.Origin;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/**
 * The meters of one provider. Each is registered when it is first asked for, and costs one array access from then on.
 */
final class ProviderMeters {

    private static final int LIMITS = LimitKind.values().length;

    /** The outcomes of one store: granted, waited, denied by each limit, denied by none. */
    private static final int OUTCOMES = 2 + LIMITS + 1;

    private final AtomicReferenceArray<Counter> decisions = new AtomicReferenceArray<>(2 * OUTCOMES);
    private final AtomicReferenceArray<Counter> shadowDecisions = new AtomicReferenceArray<>(2 * OUTCOMES);
    private final AtomicReferenceArray<Counter> deniedWithoutCall = new AtomicReferenceArray<>(1);
    private final AtomicReferenceArray<Timer> decisionTime = new AtomicReferenceArray<>(2);
    private final AtomicReferenceArray<Timer> waitTime = new AtomicReferenceArray<>(1);
    private final MeterRegistry registry;
    private final String provider;

    ProviderMeters(MeterRegistry registry, String provider) {
        this.registry = registry;
        this.provider = provider;
    }

    Counter granted(boolean waited, Origin origin) {
        return granted(decisions, HeadgateMeter.DECISIONS, waited, origin);
    }

    Counter denied(Denied denied, Origin origin) {
        return denied(decisions, HeadgateMeter.DECISIONS, denied, origin);
    }

    Counter shadowGranted(boolean waited, Origin origin) {
        return granted(shadowDecisions, HeadgateMeter.SHADOW_DECISIONS, waited, origin);
    }

    Counter shadowDenied(Denied denied, Origin origin) {
        return denied(shadowDecisions, HeadgateMeter.SHADOW_DECISIONS, denied, origin);
    }

    private Counter granted(AtomicReferenceArray<Counter> kept, HeadgateMeter meter, boolean waited, Origin origin) {
        int index = index(origin) * OUTCOMES + (waited ? 1 : 0);
        Counter counter = kept.get(index);
        return counter != null ? counter : made(kept, index, meter, waited ? "waited" : "granted", "none", origin);
    }

    private Counter denied(AtomicReferenceArray<Counter> kept, HeadgateMeter meter, Denied denied, Origin origin) {
        boolean checked = denied.reason() != Decision.Reason.STORE_UNAVAILABLE;
        int index = index(origin) * OUTCOMES + 2 + (checked ? denied.hit().ordinal() : LIMITS);
        Counter counter = kept.get(index);
        return counter != null
                ? counter
                : made(kept, index, meter, "denied", checked ? denied.hit().label() : "none", origin);
    }

    private Counter made(
            AtomicReferenceArray<Counter> kept,
            int index,
            HeadgateMeter meter,
            String outcome,
            String limit,
            Origin origin) {
        return keep(kept, index, () -> counter(meter, "outcome", outcome, "limit", limit, "store", store(origin)));
    }

    Counter deniedWithoutCall() {
        Counter counter = deniedWithoutCall.get(0);
        return counter != null ? counter : keep(deniedWithoutCall, 0, () -> counter(HeadgateMeter.DENIED_WITHOUT_CALL));
    }

    Timer decisionTime(Origin origin) {
        int index = index(origin);
        Timer timer = decisionTime.get(index);
        return timer != null
                ? timer
                : keep(decisionTime, index, () -> timer(HeadgateMeter.DECISION_TIME, "store", store(origin)));
    }

    Timer waitTime() {
        Timer timer = waitTime.get(0);
        return timer != null ? timer : keep(waitTime, 0, () -> timer(HeadgateMeter.WAIT_TIME));
    }

    /** Two threads may register the same meter at once; the registry gives both the same. */
    private static <M> M keep(AtomicReferenceArray<M> kept, int index, Supplier<M> meter) {
        M made = meter.get();
        kept.set(index, made);
        return made;
    }

    private Counter counter(HeadgateMeter meter, String... tags) {
        return Counter.builder(meter.meterName())
                .description(meter.description())
                .tag("provider", provider)
                .tags(tags)
                .register(registry);
    }

    private Timer timer(HeadgateMeter meter, String... tags) {
        return Timer.builder(meter.meterName())
                .description(meter.description())
                .tag("provider", provider)
                .tags(tags)
                .register(registry);
    }

    private static int index(Origin origin) {
        return origin == Origin.LOCAL ? 1 : 0;
    }

    private static String store(Origin origin) {
        return origin == Origin.LOCAL ? "local" : "shared";
    }
}
