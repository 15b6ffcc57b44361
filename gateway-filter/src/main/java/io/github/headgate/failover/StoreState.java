package io.github.headgate.failover;

import java.time.Instant;

/**
 * Which store decides.
 *
 * @param mode shared with other gateways, or this process's own
 * @param since when that began, by this machine's clock
 */
public record StoreState(Mode mode, Instant since) {

    /** Where counts are. */
    public enum Mode {
        /** In Redis. */
        SHARED,
        /** In this process, though Redis is configured or because it is not. */
        LOCAL
    }
}
