package io.github.headgate.endpoint;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreView;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.local.LocalStore;
import io.github.headgate.metrics.BusiestKeys;
import io.github.headgate.rules.AppliedRule;
import io.github.headgate.rules.RuleBook;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What holds in this gateway.
 *
 * @param store which store decides
 * @param waiting requests that wait in this gateway now
 * @param localKeys keys in this gateway's memory; null when the application brings a store of its own
 * @param providers those that are built in or configured
 * @param tiers their names
 * @param userTiers the configured tiers of users
 * @param rules all rules in force, the default first, then providers, tiers and users
 * @param busiestOfThisGateway by provider, who asked this gateway most lately, the busiest first; other gateways have
 *     their own
 */
record Overview(
        Store store,
        int waiting,
        @Nullable Integer localKeys,
        List<Provider> providers,
        List<String> tiers,
        Map<String, String> userTiers,
        List<SourcedRule> rules,
        Map<String, List<Busy>> busiestOfThisGateway) {

    private static final int BUSIEST = 10;

    static Overview of(StoreView store, StoreRateLimiter limiter, BusiestKeys busiest) {
        RuleBook book = limiter.rules();
        LocalStore local = store.local();
        return new Overview(
                Store.of(store),
                limiter.waiting(),
                local == null ? null : local.size(),
                book.providerNames().stream()
                        .map(name -> Provider.of(name, book))
                        .toList(),
                book.tierNames(),
                book.userTiers(),
                book.all().stream().map(SourcedRule::of).toList(),
                busiest(busiest, book.providerNames()));
    }

    private static Map<String, List<Busy>> busiest(BusiestKeys keys, List<String> providers) {
        Map<String, List<Busy>> byProvider = new TreeMap<>();
        for (String provider : providers) {
            List<Busy> busiest =
                    keys.top(provider, BUSIEST).stream().map(Busy::of).toList();
            if (!busiest.isEmpty()) {
                byProvider.put(provider, busiest);
            }
        }
        return byProvider;
    }

    /**
     * @param configured {@code redis} or {@code local}
     * @param decisions {@code shared} or {@code local}
     * @param since when that began, ISO 8601, by this machine's clock
     * @param breaker {@code closed} or {@code open}; null without a Redis, like what follows
     */
    record Store(
            String configured,
            String decisions,
            String since,
            @Nullable String breaker,
            @Nullable Long failovers,
            @Nullable Integer pendingCharges,
            @Nullable Long droppedCharges) {

        static Store of(StoreView view) {
            FailoverStore shared = view.shared();
            String decisions = view.state().mode().name().toLowerCase(Locale.ROOT);
            String since = view.state().since().toString();
            return shared == null
                    ? new Store(view.configured(), decisions, since, null, null, null, null)
                    : new Store(
                            view.configured(),
                            decisions,
                            since,
                            shared.breakerState(),
                            shared.failovers(),
                            shared.pendingCharges(),
                            shared.droppedCharges());
        }
    }

    /**
     * @param user as keys show him; null for the provider-wide key
     * @param decisions about how many, older ones counting less
     */
    record Busy(@Nullable String user, long decisions) {

        static Busy of(BusiestKeys.Busy busy) {
            UserId user = busy.key().user();
            return new Busy(user == null ? null : user.toString(), busy.decisions());
        }
    }

    /** @param source where its rule comes from: {@code provider openai} or {@code default} */
    record Provider(String name, @Nullable String dialect, Rule rule, String source) {

        static Provider of(String name, RuleBook book) {
            AppliedRule applied = book.find(new Key(name, null), null);
            return new Provider(name, book.dialect(name), applied.rule(), applied.source());
        }
    }

    /** @param source whose it is, and where from when that is not configuration */
    record SourcedRule(String source, Rule rule) {

        static SourcedRule of(AppliedRule applied) {
            return new SourcedRule(applied.source(), applied.rule());
        }
    }
}
