package io.github.headgate.failover;

import io.github.headgate.local.LocalStore;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What operators see of the store.
 *
 * @param shared the store in Redis and its stand-in; null when no Redis is configured
 * @param local this gateway's memory; null when the application brings a store of its own
 * @param started when this gateway started, by this machine's clock
 */
public record StoreView(
        @Nullable FailoverStore shared, @Nullable LocalStore local, Instant started) {

    /** The store that is configured: {@code redis} or {@code local}. */
    public String configured() {
        return shared == null ? "local" : "redis";
    }

    public StoreState state() {
        return shared == null ? new StoreState(StoreState.Mode.LOCAL, started) : shared.state();
    }
}
