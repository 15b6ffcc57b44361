package io.github.headgate.filter;

import org.jspecify.annotations.Nullable;

/**
 * Where a filter stands, in the words of error messages.
 *
 * @param place a route or the default filters
 */
record FilterLocation(String place) {

    static FilterLocation defaultFilters() {
        return new FilterLocation("spring.cloud.gateway.server.webflux.default-filters");
    }

    static FilterLocation route(@Nullable String id) {
        return new FilterLocation(id == null ? "a route without an id" : "route \"" + id + '"');
    }

    FilterArgumentException refusal(String argument, Object value, String allowed) {
        return new FilterArgumentException(
                place + ", filter " + ProviderRateLimitGatewayFilterFactory.NAME + ", argument " + argument,
                value.toString(),
                allowed);
    }

    FilterArgumentException refusalOfMetadata(Object value, String allowed) {
        return new FilterArgumentException(place + ", metadata provider", value.toString(), allowed);
    }

    FilterArgumentException refusalOfRouteId(String id, String allowed) {
        return new FilterArgumentException(place + ", id", id, allowed);
    }
}
