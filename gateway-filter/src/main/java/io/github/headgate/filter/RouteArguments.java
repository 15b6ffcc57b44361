package io.github.headgate.filter;

import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory.Config;
import java.util.List;
import java.util.Map;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.cloud.gateway.filter.FilterDefinition;
import org.springframework.cloud.gateway.route.RouteDefinition;

/**
 * The arguments of all {@code ProviderRateLimit} filters in route definitions: those in configuration, which must be
 * right for the application to start, and those that appear later, which are refused one route at a time.
 */
public final class RouteArguments {

    private static final Log log = LogFactory.getLog(RouteArguments.class);
    private static final String ROUTES = "spring.cloud.gateway.server.webflux.routes";

    private final LimitingGatewayFilterFactory factory;
    private final GatewayProperties gateway;

    public RouteArguments(LimitingGatewayFilterFactory factory, GatewayProperties gateway) {
        this.factory = factory;
        this.gateway = gateway;
    }

    /**
     * Checks the default filters and every route in configuration.
     *
     * @throws FilterArgumentException for the first that cannot work
     */
    public void checkConfigured() {
        for (FilterDefinition filter : gateway.getDefaultFilters()) {
            check(filter, FilterLocation.defaultFilters());
        }
        List<RouteDefinition> routes = gateway.getRoutes();
        for (int i = 0; i < routes.size(); i++) {
            RouteDefinition route = routes.get(i);
            check(
                    route,
                    route.getId() == null
                            ? new FilterLocation(ROUTES + '[' + i + ']')
                            : FilterLocation.route(route.getId()));
        }
    }

    /**
     * Checks one route, together with the default filters that it inherits.
     *
     * @throws FilterArgumentException if it cannot work
     */
    public void check(RouteDefinition route) {
        check(route, FilterLocation.route(route.getId()));
    }

    /** Whether a route that appeared at run time can work; why not is logged. */
    public boolean accepts(RouteDefinition route) {
        try {
            check(route);
            return true;
        } catch (FilterArgumentException e) {
            log.error("Route refused, the others stay in force: " + e.getMessage());
            return false;
        }
    }

    private void check(RouteDefinition route, FilterLocation location) {
        boolean providerOfRoute = false;
        for (FilterDefinition filter : gateway.getDefaultFilters()) {
            providerOfRoute |= leavesProviderToRoute(filter);
        }
        for (FilterDefinition filter : route.getFilters()) {
            check(filter, location);
            providerOfRoute |= leavesProviderToRoute(filter);
        }
        if (providerOfRoute) {
            Map<String, Object> metadata = route.getMetadata();
            RouteProvider.of(route.getId(), metadata == null ? Map.of() : metadata, factory.providers(), location);
        }
    }

    private void check(FilterDefinition filter, FilterLocation location) {
        if (isOurs(filter)) {
            Config config = FilterArguments.read(filter, location);
            factory.settings(config, location);
        }
    }

    private boolean leavesProviderToRoute(FilterDefinition filter) {
        return isOurs(filter) && !FilterArguments.namesProvider(filter);
    }

    private boolean isOurs(FilterDefinition filter) {
        return factory.name().equals(filter.getName());
    }
}
