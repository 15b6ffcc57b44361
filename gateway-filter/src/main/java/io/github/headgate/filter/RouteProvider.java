package io.github.headgate.filter;

import io.github.headgate.Key;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The provider that a route stands for when its filter names none: the route's metadata, then its id. */
final class RouteProvider {

    static final String METADATA = "provider";

    private RouteProvider() {}

    /**
     * The provider of a route.
     *
     * @throws FilterArgumentException if the metadata names an unknown provider, or the id cannot name any
     */
    static String of(
            @Nullable String routeId, Map<String, Object> metadata, Providers providers, FilterLocation location) {
        Object named = metadata.get(METADATA);
        if (named != null) {
            String provider = named.toString();
            if (!providers.isKnown(provider)) {
                throw location.refusalOfMetadata(named, allowed(providers));
            }
            return provider;
        }
        String provider = routeId == null ? "" : routeId.toLowerCase(Locale.ROOT);
        if (!Key.isProviderName(provider)) {
            throw location.refusalOfRouteId(
                    routeId == null ? "" : routeId,
                    "an id that is to name the provider is [a-z0-9][a-z0-9._-]*; "
                            + "otherwise name it in the filter or in the route's metadata");
        }
        return provider;
    }

    static String allowed(Providers providers) {
        return "allowed are " + String.join(", ", new TreeSet<>(providers.names()));
    }
}
