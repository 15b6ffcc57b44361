package io.github.headgate;

import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Where counts live, and where one request is decided: atomically, and for all windows and the burst together.
 *
 * <p>Nothing here blocks. A store that cannot decide signals an error, which its caller turns into a decision.
 */
public interface LimitStore {

    /**
     * Decides at subscription. A delay in the answer is a reservation that is already charged: the caller does the
     * waiting. A caller that cancels before the answer is there is charged nothing, or given back what it was charged.
     */
    Mono<Decision> decide(LimitRequest request);

    /**
     * Starts giving back what a granted request was charged, and returns at once. A charge that is no longer there,
     * because of a reset, an expiry or a fail-over, is left alone: never is anything taken that was charged since.
     */
    void giveBack(Charge charge);

    /** Where the key stands under a rule. Changes nothing. */
    Mono<List<LimitUsage>> usage(Key key, Rule rule);

    /** Forgets the usage of a key. */
    Mono<Void> reset(Key key);
}
