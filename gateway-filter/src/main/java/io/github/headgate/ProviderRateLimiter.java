package io.github.headgate;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Keeps each key inside the limits of its rule. Non-blocking and thread-safe; every call decides when a subscriber
 * demands it, and again for each subscriber.
 *
 * <p>Results are signalled on whatever thread learns of them: the caller's, a Redis client's event loop, or after a
 * wait Reactor's parallel scheduler. When Redis fails, decisions, {@link #status} and {@link #reset} signal no error:
 * the failure policy decides, memory answers, and Redis hears of the reset when it is back. Changes of rules, which are
 * all the calls that set or clear, signal a {@code RulesUnavailableException} when Redis does not confirm them.
 *
 * <p>A {@code user} is his id as it came, any text, or null for the provider-wide key. Users that Headgate has named
 * itself, such as {@code ip=192.0.2.7}, are asked for by {@link Key#parse}: {@code openai:ip=192.0.2.7}. Permits are at
 * least 1. A malformed provider name or a number out of its range throws {@link IllegalArgumentException} at once.
 * Whoever asks for a decision gets exactly one, or an error; the filter takes a Mono that ends without either for an
 * error.
 */
public interface ProviderRateLimiter {

    /**
     * Decides now, waiting for nothing. A subscriber that cancels before it is told gives back what it is charged.
     *
     * @param tier the user's tier as a verified source names it; null or unknown: none
     */
    Mono<Decision> check(Key key, @Nullable String tier, int permits);

    /**
     * Decides now, and signals a grant only when it may go. The wait holds no thread. A subscriber that cancels before
     * it is told gives its permits back; those behind it keep their place. Where as many wait already as may, in this
     * gateway ({@code headgate.max-waiting}) or for this key ({@code headgate.max-waiting-per-key}), it is decided as
     * if the longest wait were 0 s.
     *
     * @param tier the user's tier as a verified source names it; null or unknown: none
     * @param maxWait the longest wait, 0 s to 60 s; a request that would have to wait longer is denied at once
     */
    Mono<Decision> acquire(Key key, @Nullable String tier, int permits, Duration maxWait);

    /**
     * Decides as {@link #acquire} does, for a request that goes at once whatever is decided, and signals at once. A
     * grant's delay says how long the request would have been held; its permits are charged at the end of that time.
     * However many wait, nobody is one of them.
     *
     * @param maxWait the longest wait that would be, 0 s to 60 s
     */
    default Mono<Decision> shadow(Key key, @Nullable String tier, int permits, Duration maxWait) {
        return check(key, tier, permits);
    }

    /** Starts giving back what was granted, and returns at once. Idempotent for one granted decision. */
    void giveBack(Decision.Granted granted);

    /**
     * Where a key stands. Read-only: it changes nothing. A tier that only a token names is not known here: the rule is
     * then the one without it.
     */
    Mono<KeyStatus> status(Key key);

    /**
     * Forgets the usage of a key, in Redis and in the memory of every gateway that shares it; in this process alone
     * without Redis, and elsewhere when Redis is back.
     */
    Mono<Void> reset(Key key);

    /**
     * Puts a user under a rule of his own from now on, at every provider, in every gateway that shares a Redis. His
     * usage is kept, as with every change of rules. After a {@code RulesUnavailableException} nothing has changed,
     * unless Redis was only late in saying so.
     */
    Mono<Void> setUserRule(String user, Rule rule);

    /**
     * Moves a user to a tier, whatever configured tier or limits he has; his configured limits at single providers
     * stay.
     *
     * @throws IllegalArgumentException if the tier is not configured
     */
    Mono<Void> setUserTier(String user, String tier);

    /**
     * Takes back the rule or the tier that was set for a user; configuration applies again. Where nothing was set
     * nothing happens, as with every other clear.
     */
    Mono<Void> clearUserRule(String user);

    /**
     * Replaces a tier's rule; its configured rules at single providers stay.
     *
     * @throws IllegalArgumentException if the tier is not configured
     */
    Mono<Void> setTierRule(String tier, Rule rule);

    /** Takes back what {@link #setTierRule} set. */
    Mono<Void> clearTierRule(String tier);

    /**
     * Replaces a provider's rule.
     *
     * @throws IllegalArgumentException if the provider is neither built in nor configured
     */
    Mono<Void> setProviderRule(String provider, Rule rule);

    /** Takes back what {@link #setProviderRule} set. */
    Mono<Void> clearProviderRule(String provider);

    default Mono<Decision> check(String provider, @Nullable String user) {
        return check(provider, user, 1);
    }

    default Mono<Decision> check(String provider, @Nullable String user, int permits) {
        return check(Key.of(provider, user), null, permits);
    }

    default Mono<Decision> acquire(String provider, @Nullable String user, Duration maxWait) {
        return acquire(provider, user, 1, maxWait);
    }

    default Mono<Decision> acquire(String provider, @Nullable String user, int permits, Duration maxWait) {
        return acquire(Key.of(provider, user), null, permits, maxWait);
    }

    default Mono<KeyStatus> status(String provider, @Nullable String user) {
        return status(Key.of(provider, user));
    }

    default Mono<Void> reset(String provider, @Nullable String user) {
        return reset(Key.of(provider, user));
    }
}
