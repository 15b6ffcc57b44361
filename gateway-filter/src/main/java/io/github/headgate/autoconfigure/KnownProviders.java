package io.github.headgate.autoconfigure;

import io.github.headgate.configuration.HeadgateProperties;
import io.github.headgate.filter.Providers;
import io.github.headgate.http.Dialect;
import io.github.headgate.rules.RuleBook;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The providers in the book of rules. */
record KnownProviders(RuleBook rules, Collection<String> names, Set<String> shadows) implements Providers {

    /** @param configured where it says whose limits are only tried */
    static KnownProviders of(RuleBook rules, Map<String, HeadgateProperties.Provider> configured) {
        return new KnownProviders(
                rules,
                rules.providerNames(),
                configured.entrySet().stream()
                        .filter(each -> each.getValue().shadow())
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toUnmodifiableSet()));
    }

    @Override
    public boolean isKnown(String provider) {
        return rules.knowsProvider(provider);
    }

    @Override
    public boolean shadow(String provider) {
        return shadows.contains(provider);
    }

    @Override
    public Dialect dialect(String provider) {
        String name = rules.dialect(provider);
        return name == null ? Dialect.OPENAI : Dialect.parse(name);
    }
}
