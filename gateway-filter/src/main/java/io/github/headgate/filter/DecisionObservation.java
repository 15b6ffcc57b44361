package io.github.headgate.filter;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import reactor.core.publisher.Mono;

/**
 * The span of a decision in the trace of its exchange: provider, outcome ({@code granted}, {@code waited},
 * {@code denied}, {@code cancelled} or {@code failed}) and limit as low-cardinality values, a denial's retry-after in
 * milliseconds as a high-cardinality one. Never a user's id. A wait is part of it.
 */
public final class DecisionObservation {

    public static final String NAME = "headgate.decision";

    /** Observes nothing, and costs nothing. */
    public static final DecisionObservation NONE = new DecisionObservation(ObservationRegistry.NOOP);

    private final ObservationRegistry registry;

    public DecisionObservation(ObservationRegistry registry) {
        this.registry = registry;
    }

    Mono<Decision> around(String provider, Mono<Decision> decision) {
        if (registry.isNoop()) {
            return decision;
        }
        return Mono.deferContextual(context -> {
            Observation observation = Observation.createNotStarted(NAME, registry)
                    .contextualName("rate limit " + provider)
                    .lowCardinalityKeyValue("provider", provider)
                    .lowCardinalityKeyValue("outcome", "cancelled")
                    .lowCardinalityKeyValue("limit", "none");
            context.<Observation>getOrEmpty(ObservationThreadLocalAccessor.KEY)
                    .ifPresent(observation::parentObservation);
            observation.start();
            return decision.doOnNext(it -> describe(observation, it))
                    .doOnError(error -> observation
                            .lowCardinalityKeyValue("outcome", "failed")
                            .error(error))
                    .doFinally(signal -> observation.stop());
        });
    }

    private static void describe(Observation observation, Decision decision) {
        if (decision instanceof Granted granted) {
            observation.lowCardinalityKeyValue("outcome", granted.delayMillis() > 0 ? "waited" : "granted");
        } else if (decision instanceof Denied denied) {
            observation.lowCardinalityKeyValue("outcome", "denied");
            if (denied.reason() != Decision.Reason.STORE_UNAVAILABLE) {
                observation.lowCardinalityKeyValue("limit", denied.hit().label());
            }
            if (denied.retryAfterMillis() != null) {
                observation.highCardinalityKeyValue(
                        "retry-after-ms", denied.retryAfterMillis().toString());
            }
        }
    }
}
