package io.github.headgate.configuration;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.configuration.HeadgateProperties.Limits;
import io.github.headgate.configuration.HeadgateProperties.Tier;
import io.github.headgate.configuration.HeadgateProperties.User;
import io.github.headgate.rules.BuiltInProvider;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Checks every configured rule, and what rules say of one another. */
final class RulesCheck {

    private final Map<String, HeadgateProperties.Provider> providers;
    private final Map<String, Tier> tiers;
    private final Problems problems;

    RulesCheck(Map<String, HeadgateProperties.Provider> providers, Map<String, Tier> tiers, Problems problems) {
        // Sorted, so that the same mistakes are always reported in the same order.
        this.providers = new TreeMap<>(providers);
        this.tiers = new TreeMap<>(tiers);
        this.problems = problems;
    }

    void check(Limits defaultRule, Map<String, User> users) {
        limits("headgate.default-rule", defaultRule);
        providers.forEach(this::provider);
        tiers.forEach(this::tier);
        new TreeMap<>(users).forEach(this::user);
    }

    private void provider(String name, HeadgateProperties.Provider provider) {
        String path = PropertyTree.entry("headgate.providers", name);
        if (!Key.isProviderName(name)) {
            problems.add(path, name, "it is no name for a provider", Allowed.PROVIDER_NAME);
        }
        String dialect = provider.dialect();
        if (dialect != null && !Allowed.DIALECTS.contains(dialect)) {
            problems.add(path + ".dialect", dialect, "there is no such dialect", Allowed.oneOf(Allowed.DIALECTS));
        }
        limits(path, provider.limits());
    }

    private void tier(String name, Tier tier) {
        String path = PropertyTree.entry("headgate.tiers", name);
        if (tier.limits().isEmpty() && tier.providers().isEmpty()) {
            problems.add(path, name, "a tier has limits", Allowed.RULE);
        }
        limits(path, tier.limits());
        atProviders(path, tier.providers());
    }

    private void user(String id, User user) {
        String path = PropertyTree.entry("headgate.users", id);
        String tier = user.tier();
        if (tier == null && user.limits().isEmpty() && user.providers().isEmpty()) {
            problems.add(path, id, "a user has limits or a tier", Allowed.RULE + "; or a tier");
        }
        if (tier != null && !user.limits().isEmpty()) {
            problems.add(
                    path + ".tier",
                    tier,
                    "the user has limits of his own as well",
                    "either limits or a tier; limits at single providers go with both");
        }
        if (tier != null && !tiers.containsKey(tier)) {
            problems.add(
                    path + ".tier",
                    tier,
                    "there is no such tier",
                    tiers.isEmpty()
                            ? "none, until there are tiers under headgate.tiers"
                            : Allowed.oneOf(tiers.keySet()));
        }
        limits(path, user.limits());
        atProviders(path, user.providers());
    }

    private void atProviders(String path, Map<String, Limits> byProvider) {
        for (Map.Entry<String, Limits> entry : new TreeMap<>(byProvider).entrySet()) {
            String name = entry.getKey();
            String there = PropertyTree.entry(path + ".providers", name);
            if (BuiltInProvider.named(name) == null && !providers.containsKey(name)) {
                problems.add(
                        there, name, "there is no such provider", Allowed.providers(new TreeSet<>(providers.keySet())));
            }
            if (entry.getValue().isEmpty()) {
                problems.add(there, name, "a rule has limits", Allowed.RULE);
            }
            limits(there, entry.getValue());
        }
    }

    private void limits(String path, Limits limits) {
        problems.optionalNumber(path + ".requests-per-minute", limits.requestsPerMinute(), 1, Integer.MAX_VALUE);
        problems.optionalNumber(path + ".requests-per-hour", limits.requestsPerHour(), 1, Integer.MAX_VALUE);
        problems.optionalNumber(path + ".requests-per-day", limits.requestsPerDay(), 1, Integer.MAX_VALUE);
        problems.optionalNumber(path + ".burst-capacity", limits.burstCapacity(), 1, Rule.MAX_BURST_CAPACITY);
        Integer burst = limits.burstCapacity();
        if (burst != null && !limits.hasWindow()) {
            problems.add(
                    path + ".burst-capacity",
                    burst,
                    "a burst is refilled at the rate of a window, and this rule has none",
                    "at least one of requests-per-minute, requests-per-hour and requests-per-day beside it");
        }
    }
}
