package io.github.headgate.sample.upstream;

import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.GATEWAY_REQUEST_URL_ATTR;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.addOriginalRequestUrl;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.containsEncodedParts;

import io.github.headgate.sample.stub.StubProvider;
import java.net.URI;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.filter.RouteToRequestUrlFilter;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.route.RouteDefinition;
import org.springframework.core.Ordered;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.util.UriComponentsBuilder;
import reactor.core.publisher.Mono;

/**
 * Resolves {@code upstream://NAME}, as {@code lb://NAME} is resolved elsewhere: to the provider's base URL when one is
 * set, else to the stub provider. A provider's key goes to that provider's base URL and nowhere else.
 */
@Component
final class UpstreamFilter implements GlobalFilter, Ordered {

    private static final String SCHEME = "upstream";

    private final Upstreams upstreams;
    private final StubProvider stub;

    /** @throws InvalidUpstreamException if a configured route leads to an upstream that there is not */
    UpstreamFilter(Upstreams upstreams, StubProvider stub, GatewayProperties gateway) {
        this.upstreams = upstreams;
        this.stub = stub;
        for (RouteDefinition route : gateway.getRoutes()) {
            URI uri = route.getUri();
            if (uri != null && SCHEME.equals(uri.getScheme())) {
                upstreams.named(uri.getAuthority(), String.valueOf(route.getId()));
            }
        }
    }

    @Override
    public int getOrder() {
        return RouteToRequestUrlFilter.ROUTE_TO_URL_FILTER_ORDER + 1;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
        URI url = exchange.getAttribute(GATEWAY_REQUEST_URL_ATTR);
        if (url == null || !SCHEME.equals(url.getScheme())) {
            return chain.filter(exchange);
        }
        Route route = exchange.getRequiredAttribute(GATEWAY_ROUTE_ATTR);
        Upstream upstream = upstreams.named(url.getAuthority(), route.getId());
        URI base = upstream.baseUrl() == null ? stub.address() : upstream.baseUrl();
        addOriginalRequestUrl(exchange, url);
        exchange.getAttributes().put(GATEWAY_REQUEST_URL_ATTR, onto(base, url));
        String key = upstream.key();
        if (key == null) {
            return chain.filter(exchange);
        }
        return chain.filter(exchange.mutate()
                .request(request ->
                        request.headers(headers -> upstream.credential().replace(headers, key)))
                .build());
    }

    private static URI onto(URI base, URI url) {
        return UriComponentsBuilder.fromUri(url)
                .scheme(base.getScheme())
                .host(base.getHost())
                .port(base.getPort())
                .build(containsEncodedParts(url))
                .toUri();
    }
}
