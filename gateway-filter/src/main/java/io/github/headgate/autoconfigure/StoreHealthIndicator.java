package io.github.headgate.autoconfigure;

import io.github.headgate.failover.StoreState;
import io.github.headgate.failover.StoreView;
import java.util.Locale;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Tells which store decides. Always up: a gateway that decides locally does its work, and a load balancer that took it
 * out would take all of them out.
 */
final class StoreHealthIndicator implements HealthIndicator {

    private final StoreView store;

    StoreHealthIndicator(StoreView store) {
        this.store = store;
    }

    @Override
    public Health health() {
        StoreState state = store.state();
        Health.Builder health = Health.up()
                .withDetail("store", store.configured())
                .withDetail("decisions", state.mode().name().toLowerCase(Locale.ROOT))
                .withDetail("since", state.since().toString());
        if (store.shared() != null) {
            health.withDetail("breaker", store.shared().breakerState())
                    .withDetail("pendingCharges", store.shared().pendingCharges());
        }
        return health.build();
    }
}
