package io.github.headgate.metrics;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.limiter.DecisionListener;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Counts decisions, and times them. A meter is looked up in the registry once, when it is first needed. */
public final class DecisionMetrics implements DecisionListener {

    private final Map<String, ProviderMeters> known;
    private final ProviderMeters other;

    /** @param providers those that are counted by name */
    public DecisionMetrics(MeterRegistry registry, Collection<String> providers) {
        Map<String, ProviderMeters> byName = new HashMap<>();
        for (String provider : providers) {
            byName.put(provider, new ProviderMeters(registry, provider));
        }
        known = Map.copyOf(byName);
        other = new ProviderMeters(registry, HeadgateMeter.OTHER_PROVIDER);
    }

    @Override
    public long asking() {
        return System.nanoTime();
    }

    @Override
    public void answered(LimitRequest request, Origin origin, long asking) {
        of(request).decisionTime(origin).record(System.nanoTime() - asking, TimeUnit.NANOSECONDS);
    }

    @Override
    public void told(LimitRequest request, Decision decision, Origin origin) {
        ProviderMeters meters = of(request);
        if (decision instanceof Denied denied) {
            meters.denied(denied, origin).increment();
            if (origin == Origin.REMEMBERED) {
                meters.deniedWithoutCall().increment();
            }
        } else if (decision instanceof Granted granted) {
            boolean waited = granted.delayMillis() > 0;
            meters.granted(waited, origin).increment();
            if (waited) {
                meters.waitTime().record(granted.delayMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    @Override
    public void shadowed(LimitRequest request, Decision decision, Origin origin) {
        ProviderMeters meters = of(request);
        if (decision instanceof Denied denied) {
            meters.shadowDenied(denied, origin).increment();
        } else if (decision instanceof Granted granted) {
            meters.shadowGranted(granted.delayMillis() > 0, origin).increment();
        }
    }

    private ProviderMeters of(LimitRequest request) {
        ProviderMeters meters = known.get(request.key().provider());
        return meters == null ? other : meters;
    }
}
