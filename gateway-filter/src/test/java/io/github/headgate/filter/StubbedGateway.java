package io.github.headgate.filter;

import io.github.headgate.caller.SourceContext;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.codec.autoconfigure.CodecsAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.error.ErrorWebFluxAutoConfiguration;
import org.springframework.cloud.gateway.config.GatewayAutoConfiguration;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the library's auto-configuration contributes to a gateway, but for the limiter. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
    SslAutoConfiguration.class,
    PropertyPlaceholderAutoConfiguration.class,
    HttpHandlerAutoConfiguration.class,
    WebFluxAutoConfiguration.class,
    ErrorWebFluxAutoConfiguration.class,
    CodecsAutoConfiguration.class,
    NettyReactiveWebServerAutoConfiguration.class,
    GatewayAutoConfiguration.class
})
class StubbedGateway {

    @Bean
    LimitingGatewayFilterFactory filterFactory(ScriptedLimiter limiter) {
        return new LimitingGatewayFilterFactory(
                limiter, new KnownProviders(), FilterDefaults.standard(), SourceContext.of(0));
    }

    @Bean
    UpstreamLimitHeadersFilter upstreamLimitHeadersFilter() {
        return new UpstreamLimitHeadersFilter();
    }

    @Bean
    RouteArguments routeArguments(LimitingGatewayFilterFactory factory, GatewayProperties gateway) {
        return new RouteArguments(factory, gateway);
    }

    @Bean
    static RouteDefinitionGuard routeDefinitionGuard(ObjectProvider<RouteArguments> arguments) {
        return new RouteDefinitionGuard(arguments::getObject);
    }
}
