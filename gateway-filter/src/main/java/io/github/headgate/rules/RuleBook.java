package io.github.headgate.rules;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All rules, and which of them applies to a key. Immutable: a change makes a new book.
 *
 * <p>Most specific first: a rule set for the user at run time; this user at this provider; this user; the user's tier
 * at this provider; the user's tier; the provider; the default. A rule replaces the less specific one whole. A user's
 * tier from configuration wins over the one that a request's verified source names; a name that is no tier counts as
 * none. The provider-wide key, which has no user, has no tier either.
 *
 * <p>A lookup costs at most six hash lookups and allocates nothing.
 */
public final class RuleBook {

    private final Map<String, Provider> providers;
    private final Map<String, Rules> tiers;
    private final Map<UserId, User> users;
    private final Map<UserId, AppliedRule> runTimeRules;
    private final AppliedRule defaultRule;

    private RuleBook(
            Map<String, Provider> providers,
            Map<String, Rules> tiers,
            Map<UserId, User> users,
            Map<UserId, AppliedRule> runTimeRules,
            AppliedRule defaultRule) {
        this.providers = providers;
        this.tiers = tiers;
        this.users = users;
        this.runTimeRules = runTimeRules;
        this.defaultRule = defaultRule;
    }

    /**
     * A book with the built-in providers and nothing else yet.
     *
     * @param defaultRule what applies where nothing more specific does
     */
    public static RuleBookBuilder builder(Rule defaultRule) {
        return new RuleBookBuilder(defaultRule);
    }

    static RuleBook of(RuleBookBuilder from) {
        return new RuleBook(
                Map.copyOf(from.providers),
                Map.copyOf(from.tiers),
                Map.copyOf(from.users),
                Map.of(),
                new AppliedRule(from.defaultRule, "default"));
    }

    /**
     * The rule in force for a key.
     *
     * @param tier the user's tier as a verified source names it; null or unknown: none
     */
    public Rule ruleFor(Key key, @Nullable String tier) {
        return find(key, tier).rule();
    }

    /**
     * The rule in force for a key, and whose it is.
     *
     * @param tier the user's tier as a verified source names it; null or unknown: none
     */
    public AppliedRule find(Key key, @Nullable String tier) {
        UserId id = key.user();
        AppliedRule found = id == null ? null : findForUser(id, key.provider(), tier);
        if (found != null) {
            return found;
        }
        Provider provider = providers.get(key.provider());
        AppliedRule atProvider = provider == null ? null : provider.rule();
        return atProvider == null ? defaultRule : atProvider;
    }

    private @Nullable AppliedRule findForUser(UserId id, String provider, @Nullable String verifiedTier) {
        AppliedRule runTime = runTimeRules.get(id);
        if (runTime != null) {
            return runTime;
        }
        User user = users.get(id);
        AppliedRule own = user == null ? null : user.rules().at(provider);
        if (own != null) {
            return own;
        }
        String configuredTier = user == null ? null : user.tier();
        String tierName = configuredTier == null ? verifiedTier : configuredTier;
        Rules tier = tierName == null ? null : tiers.get(tierName);
        return tier == null ? null : tier.at(provider);
    }

    /**
     * This book, which is configuration alone, with what was set at run time above it: a user's rule stands above all
     * of his; a user's tier in place of his tier or limits, but for those at single providers; a tier's or a provider's
     * rule in place of its own. Names that this book does not know are left out.
     */
    public RuleBook with(RuntimeRules changes) {
        Map<String, Provider> newProviders = new HashMap<>(providers);
        Map<String, Rules> newTiers = new HashMap<>(tiers);
        Map<UserId, User> newUsers = new HashMap<>(users);
        Map<UserId, AppliedRule> ofUsers = new HashMap<>();
        for (RuleChange change : changes.set()) {
            Rule rule = change.rule();
            if (rule != null) {
                switch (change.kind()) {
                    case USERS -> ofUsers.put(UserId.parse(change.name()), runTime(rule, "user " + change.name()));
                    case TIERS ->
                        newTiers.computeIfPresent(
                                change.name(),
                                (name, before) -> new Rules(runTime(rule, "tier " + name), before.byProvider()));
                    case PROVIDERS ->
                        newProviders.computeIfPresent(
                                change.name(),
                                (name, before) -> new Provider(runTime(rule, "provider " + name), before.dialect()));
                }
            }
        }
        for (RuleChange change : changes.set()) {
            String tierName = change.tier();
            Rules tier = tierName == null ? null : newTiers.get(tierName);
            if (tierName != null && tier != null) {
                newUsers.compute(
                        UserId.parse(change.name()), (id, before) -> User.moved(change.name(), tierName, tier, before));
            }
        }
        return new RuleBook(
                Map.copyOf(newProviders), Map.copyOf(newTiers), Map.copyOf(newUsers), Map.copyOf(ofUsers), defaultRule);
    }

    private static AppliedRule runTime(Rule rule, String whose) {
        return new AppliedRule(rule, whose + " (set at run time)");
    }

    /** Whether a provider is built in or configured. */
    public boolean knowsProvider(String provider) {
        return providers.containsKey(provider);
    }

    /** The names of all providers that are built in or configured, sorted. */
    public List<String> providerNames() {
        return providers.keySet().stream().sorted().toList();
    }

    /** The names of all tiers, sorted. */
    public List<String> tierNames() {
        return tiers.keySet().stream().sorted().toList();
    }

    /** The tiers that configuration puts users into, by the user's name, sorted. */
    public Map<String, String> userTiers() {
        Map<String, String> byName = new TreeMap<>();
        for (User user : users.values()) {
            if (user.tier() != null) {
                byName.put(user.label().substring("user ".length()), user.tier());
            }
        }
        return byName;
    }

    /** The rules in force: the default, the providers, the tiers, the users, each sorted by name. */
    public List<AppliedRule> all() {
        List<AppliedRule> all = new ArrayList<>();
        all.add(defaultRule);
        for (Provider provider : new TreeMap<>(providers).values()) {
            if (provider.rule() != null) {
                all.add(provider.rule());
            }
        }
        for (Rules tier : new TreeMap<>(tiers).values()) {
            tier.addTo(all);
        }
        List<AppliedRule> ofUsers = new ArrayList<>(runTimeRules.values());
        for (User user : users.values()) {
            user.rules().addTo(ofUsers);
        }
        ofUsers.sort(Comparator.comparing(AppliedRule::source));
        all.addAll(ofUsers);
        return List.copyOf(all);
    }

    /** The name of the dialect that a provider's callers understand; null when nobody has said. */
    public @Nullable String dialect(String provider) {
        Provider known = providers.get(provider);
        return known == null ? null : known.dialect();
    }

    /**
     * The rules in force, one line each, sorted by name: the default, the providers, the tiers, the users.
     *
     * @return for example {@code tier free at openai: 5/min}
     */
    public List<String> lines() {
        return lines(true);
    }

    /**
     * The same.
     *
     * @param userIds whether users are named by their ids; false: by the digests of their ids
     */
    public List<String> lines(boolean userIds) {
        List<String> lines = new ArrayList<>();
        lines.add(line(defaultRule, ""));
        for (Provider provider : new TreeMap<>(providers).values()) {
            AppliedRule atProvider = provider.rule();
            if (atProvider != null) {
                lines.add(line(atProvider, provider.dialect() == null ? "" : " (" + provider.dialect() + ")"));
            }
        }
        for (Rules tier : new TreeMap<>(tiers).values()) {
            tier.addLines(lines);
        }
        List<String> userLines = new ArrayList<>();
        users.forEach((id, user) -> {
            List<String> own = new ArrayList<>();
            if (user.tier() != null) {
                own.add(user.label() + ": tier " + user.tier());
            }
            user.rules().addLines(own);
            own.forEach(line -> userLines.add(
                    userIds
                            ? line
                            : "user " + id.digested()
                                    + line.substring(user.label().length())));
        });
        runTimeRules.forEach((id, runTime) -> {
            String line = line(runTime, "");
            userLines.add(userIds ? line : "user " + id.digested() + line.substring(("user " + id).length()));
        });
        userLines.sort(null);
        lines.addAll(userLines);
        return List.copyOf(lines);
    }

    private static String line(AppliedRule applied, String detail) {
        return applied.source() + detail + ": " + applied.rule();
    }

    record Provider(@Nullable AppliedRule rule, @Nullable String dialect) {}

    record User(String label, @Nullable String tier, Rules rules) {

        /** A user whose tier was set at run time; its rules are his own, so that each says so. */
        static User moved(String name, String tier, Rules ofTier, @Nullable User before) {
            String label = before == null ? "user " + name : before.label();
            Map<String, AppliedRule> byProvider = new HashMap<>();
            ofTier.byProvider()
                    .forEach((provider, applied) -> byProvider.put(
                            provider, runTime(applied.rule(), label + " in tier " + tier + " at " + provider)));
            if (before != null) {
                byProvider.putAll(before.rules().byProvider());
            }
            AppliedRule everywhere = ofTier.everywhere();
            return new User(
                    label,
                    tier,
                    new Rules(
                            everywhere == null ? null : runTime(everywhere.rule(), label + " in tier " + tier),
                            Map.copyOf(byProvider)));
        }
    }

    /** What is said of one user or one tier: at some providers, and at all others. */
    record Rules(@Nullable AppliedRule everywhere, Map<String, AppliedRule> byProvider) {

        static Rules of(String label, @Nullable Rule everywhere, Map<String, Rule> byProvider) {
            Map<String, AppliedRule> applied = new HashMap<>();
            byProvider.forEach(
                    (provider, rule) -> applied.put(provider, new AppliedRule(rule, label + " at " + provider)));
            return new Rules(everywhere == null ? null : new AppliedRule(everywhere, label), Map.copyOf(applied));
        }

        @Nullable
        AppliedRule at(String provider) {
            AppliedRule there = byProvider.get(provider);
            return there == null ? everywhere : there;
        }

        void addTo(List<AppliedRule> rules) {
            if (everywhere != null) {
                rules.add(everywhere);
            }
            rules.addAll(new TreeMap<>(byProvider).values());
        }

        void addLines(List<String> lines) {
            if (everywhere != null) {
                lines.add(line(everywhere, ""));
            }
            for (AppliedRule there : new TreeMap<>(byProvider).values()) {
                lines.add(line(there, ""));
            }
        }
    }
}
