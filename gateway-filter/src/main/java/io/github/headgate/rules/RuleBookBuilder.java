package io.github.headgate.rules;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects rules for a {@link RuleBook}. Not thread-safe. Naming a provider, tier or user again replaces it. */
public final class RuleBookBuilder {

    final Rule defaultRule;
    final Map<String, RuleBook.Provider> providers = new HashMap<>();
    final Map<String, RuleBook.Rules> tiers = new HashMap<>();
    final Map<UserId, RuleBook.User> users = new HashMap<>();

    RuleBookBuilder(Rule defaultRule) {
        this.defaultRule = defaultRule;
        for (BuiltInProvider builtIn : BuiltInProvider.ALL) {
            provider(builtIn.name(), builtIn.rule(), builtIn.dialect());
        }
    }

    /**
     * Makes a provider known. What is left out stays as it was: a built-in provider keeps its rule or its dialect.
     *
     * @param rule null: the default rule, or the built-in one
     * @param dialect null: unknown, or the built-in one
     * @throws IllegalArgumentException if the name is malformed
     */
    public RuleBookBuilder provider(String name, @Nullable Rule rule, @Nullable String dialect) {
        Key key = new Key(name, null);
        RuleBook.Provider before = providers.getOrDefault(key.provider(), new RuleBook.Provider(null, null));
        providers.put(
                key.provider(),
                new RuleBook.Provider(
                        rule == null ? before.rule() : new AppliedRule(rule, "provider " + name),
                        dialect == null ? before.dialect() : dialect));
        return this;
    }

    /**
     * Makes a tier known.
     *
     * @param rule for providers that are not named; null: the provider's rule
     * @param byProvider rules at single providers
     */
    public RuleBookBuilder tier(String name, @Nullable Rule rule, Map<String, Rule> byProvider) {
        tiers.put(name, RuleBook.Rules.of("tier " + name, rule, byProvider));
        return this;
    }

    /**
     * Gives a user rules or a tier.
     *
     * @param name the user as the outside world names him; any text
     * @param tier a tier known to this builder; null: the one a verified source names, if any
     * @param rule for providers that are not named; null: the tier's or the provider's rule
     * @param byProvider rules at single providers
     * @throws IllegalArgumentException if the tier is unknown
     */
    public RuleBookBuilder user(String name, @Nullable String tier, @Nullable Rule rule, Map<String, Rule> byProvider) {
        if (tier != null && !tiers.containsKey(tier)) {
            throw new IllegalArgumentException("unknown tier \"" + tier + "\" of user " + name);
        }
        String label = "user " + name;
        users.put(UserId.of(name), new RuleBook.User(label, tier, RuleBook.Rules.of(label, rule, byProvider)));
        return this;
    }

    public RuleBook build() {
        return RuleBook.of(this);
    }
}
