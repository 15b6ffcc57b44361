package io.github.headgate.caller;

import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.filter.ratelimit.KeyResolver;

/**
 * What the sources of one application draw on.
 *
 * @param trustedHops how many proxies in front add an {@code X-Forwarded-For} entry that is believed, counted from the
 *     right; 0 and the socket's peer is the client
 * @param keyResolvers the beans that {@code bean:NAME} can name
 * @param unusable answers why the application, as it is set up, cannot support a source, or null when it can
 */
public record SourceContext(
        int trustedHops,
        Map<String, ? extends KeyResolver> keyResolvers,
        Function<UserSource, @Nullable String> unusable) {

    /** @throws IllegalArgumentException if the hops are negative */
    public SourceContext {
        if (trustedHops < 0) {
            throw new IllegalArgumentException("trusted-hops must be at least 0, not " + trustedHops);
        }
        keyResolvers = Map.copyOf(keyResolvers);
    }

    /** A context that supports every source for which no bean is needed. */
    public static SourceContext of(int trustedHops) {
        return new SourceContext(trustedHops, Map.of(), source -> null);
    }

    /**
     * Does nothing for a source that works in this application.
     *
     * @throws IllegalArgumentException if the application cannot support the source; the message says why
     */
    public void requireUsable(UserSource source) {
        if (source instanceof UserSource.Bean bean && !keyResolvers.containsKey(bean.name())) {
            throw new IllegalArgumentException("there is no KeyResolver bean \"" + bean.name() + "\", only "
                    + new TreeSet<>(keyResolvers.keySet()));
        }
        String reason = unusable.apply(source);
        if (reason != null) {
            throw new IllegalArgumentException(reason);
        }
    }
}
