package io.github.headgate.filter;

import io.github.headgate.http.Dialect;
import java.util.Collection;
import java.util.Set;

/** The two providers that the filter's tests know: one of each of the SDK dialects. */
final class KnownProviders implements Providers {

    @Override
    public Collection<String> names() {
        return Set.of("openai", "claude");
    }

    @Override
    public Dialect dialect(String provider) {
        return provider.equals("claude") ? Dialect.ANTHROPIC : Dialect.OPENAI;
    }
}
