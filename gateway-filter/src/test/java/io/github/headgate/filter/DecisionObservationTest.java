package io.github.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.local.LocalStore;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** The span of a decision, as a tracer sees it. */
class DecisionObservationTest {

    private static final LimitRequest ONCE =
            new LimitRequest(Key.of("openai", "alice"), new Rule(1, null, null, null), 1, 0);

    private final List<Observation.Context> stopped = new ArrayList<>();
    private final ObservationRegistry registry = ObservationRegistry.create();
    private final DecisionObservation observation = new DecisionObservation(registry);
    private final LocalStore store = new LocalStore(10);

    DecisionObservationTest() {
        registry.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
            @Override
            public void onStop(Observation.Context context) {
                stopped.add(context);
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
    }

    private Decision decide() {
        return observation
                .around("openai", Mono.fromSupplier(() -> store.decide(ONCE)))
                .blockOptional()
                .orElseThrow();
    }

    @Test
    void grantsAndDenialsSayWhatTheyAre() {
        decide();
        decide();

        assertThat(stopped).hasSize(2).extracting(Observation.Context::getName).containsOnly("headgate.decision");
        assertThat(stopped.get(0).getLowCardinalityKeyValues())
                .isEqualTo(KeyValues.of("provider", "openai", "outcome", "granted", "limit", "none"));
        assertThat(stopped.get(1).getLowCardinalityKeyValues())
                .isEqualTo(KeyValues.of("provider", "openai", "outcome", "denied", "limit", "minute"));
        assertThat(stopped.get(1).getHighCardinalityKeyValue("retry-after-ms")).isNotNull();
        assertThat(stopped.toString()).doesNotContain("alice");
    }

    @Test
    void belongsToTheObservationOfItsExchange() {
        Observation exchange = Observation.start("exchange", registry);

        observation
                .around("openai", Mono.fromSupplier(() -> store.decide(ONCE)))
                .contextWrite(context -> context.put(ObservationThreadLocalAccessor.KEY, exchange))
                .block();

        assertThat(stopped).hasSize(1);
        assertThat(stopped.get(0).getParentObservation()).isSameAs(exchange);
    }

    @Test
    void aCallerWhoLeavesEndsIt() {
        observation.around("openai", Mono.never()).subscribe().dispose();

        assertThat(stopped).hasSize(1);
        assertThat(stopped.get(0).getLowCardinalityKeyValues())
                .isEqualTo(KeyValues.of("provider", "openai", "outcome", "cancelled", "limit", "none"));
    }

    @Test
    void withoutARegistryNothingIsAdded() {
        Mono<Decision> decision = Mono.never();

        assertThat(DecisionObservation.NONE.around("openai", decision)).isSameAs(decision);
    }
}
