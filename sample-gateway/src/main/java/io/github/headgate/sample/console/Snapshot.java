package io.github.headgate.sample.console;

import io.github.headgate.KeyStatus;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreView;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the console shows at one moment.
 *
 * @param at milliseconds since 1970, by this machine's clock
 * @param waiting requests that wait in this gateway
 */
record Snapshot(long at, Store store, int waiting, List<Provider> providers) {

    /**
     * @param configured {@code redis} or {@code local}
     * @param decisions {@code shared} or {@code local}
     * @param since when that began, ISO 8601
     * @param breaker the circuit breaker's state; null without a Redis
     */
    record Store(
            String configured,
            String decisions,
            String since,
            @Nullable String breaker) {

        static Store of(StoreView view) {
            FailoverStore shared = view.shared();
            return new Store(
                    view.configured(),
                    view.state().mode().name().toLowerCase(Locale.ROOT),
                    view.state().since().toString(),
                    shared == null ? null : shared.breakerState());
        }
    }

    /**
     * @param decisions by outcome, since this gateway started
     * @param busiest this gateway's busiest users, busiest first
     */
    record Provider(String name, Map<String, Long> decisions, List<User> busiest) {}

    /** @param user as keys show him; null for the provider-wide key */
    record User(@Nullable String user, boolean limited, int waiting, List<Limit> limits) {

        static User of(KeyStatus status, int waiting) {
            return new User(
                    status.key().user() == null ? null : status.key().user().toString(),
                    status.limited(),
                    waiting,
                    status.usage().stream()
                            .map(it -> new Limit(it.kind().label(), it.used(), it.limit(), it.resetMillis()))
                            .toList());
        }
    }

    /** @param resetMillis milliseconds until all of it is there again */
    record Limit(String name, int used, int limit, long resetMillis) {}
}
