package io.github.headgate.autoconfigure;

import io.github.headgate.filter.Providers;
import io.github.headgate.http.Dialect;
import io.github.headgate.rules.RuleBook;
import java.util.Collection;

/** The providers in the book of rules. */
record KnownProviders(RuleBook rules, Collection<String> names) implements Providers {

    KnownProviders(RuleBook rules) {
        this(rules, rules.providerNames());
    }

    @Override
    public boolean isKnown(String provider) {
        return rules.knowsProvider(provider);
    }

    @Override
    public Dialect dialect(String provider) {
        String name = rules.dialect(provider);
        return name == null ? Dialect.OPENAI : Dialect.parse(name);
    }
}
