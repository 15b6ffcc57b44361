package io.github.headgate.sample;

import org.springframework.cloud.gateway.filter.GatewayFilter;
import org.springframework.cloud.gateway.filter.factory.AbstractGatewayFilterFactory;
import org.springframework.stereotype.Component;

/** A filter of the right name that limits nothing, until the library brings its own. */
@Component
class ProviderRateLimitGatewayFilterFactory extends AbstractGatewayFilterFactory<Object> {

    ProviderRateLimitGatewayFilterFactory() {
        super(Object.class);
    }

    @Override
    public GatewayFilter apply(Object config) {
        return (exchange, chain) -> chain.filter(exchange);
    }
}
