package io.github.headgate.filter;

import org.springframework.cloud.gateway.filter.GatewayFilter;

/** Makes filters that do nothing, so that routes that name one still work where Headgate is switched off. */
public final class PassingGatewayFilterFactory extends ProviderRateLimitGatewayFilterFactory {

    @Override
    public GatewayFilter apply(Config config) {
        return (exchange, chain) -> chain.filter(exchange);
    }
}
