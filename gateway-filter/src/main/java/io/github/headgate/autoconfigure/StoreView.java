package io.github.headgate.autoconfigure;

import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What operators see of the store.
 *
 * @param shared the store in Redis and its stand-in; null when no Redis is configured
 */
record StoreView(@Nullable FailoverStore shared, Instant started) {

    static StoreView of(@Nullable SharedStore shared) {
        return new StoreView(shared == null ? null : shared.store(), Instant.now());
    }

    /** The store that is configured: {@code redis} or {@code local}. */
    String configured() {
        return shared == null ? "local" : "redis";
    }

    StoreState state() {
        return shared == null ? new StoreState(StoreState.Mode.LOCAL, started) : shared.state();
    }
}
