package io.github.headgate.filter;

import java.util.function.Supplier;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.cloud.gateway.route.CompositeRouteDefinitionLocator;
import org.springframework.cloud.gateway.route.RouteDefinitionLocator;

/**
 * Keeps route definitions that cannot work from the gateway, which would otherwise drop its whole refresh, with all
 * good routes in it, because of one bad one.
 */
public final class RouteDefinitionGuard implements BeanPostProcessor {

    private final Supplier<RouteArguments> arguments;

    /** @param arguments asked for when routes are read, and not before: a post-processor must not create beans early */
    public RouteDefinitionGuard(Supplier<RouteArguments> arguments) {
        this.arguments = arguments;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        return bean instanceof CompositeRouteDefinitionLocator all ? guard(all) : bean;
    }

    private RouteDefinitionLocator guard(RouteDefinitionLocator all) {
        return () -> all.getRouteDefinitions().filter(route -> arguments.get().accepts(route));
    }
}
