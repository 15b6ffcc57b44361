package io.github.headgate;

import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Where counts live, and where one request is decided: atomically, for all windows and the burst together.
 *
 * <p>Nothing here blocks, and everything is thread-safe.
 */
public interface LimitStore {

    /**
     * Decides a request, and tells the sink, now or later, on any thread. A delay in the answer is a reservation that
     * is already charged: the caller does the waiting.
     */
    void decide(LimitRequest request, DecisionSink sink);

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
