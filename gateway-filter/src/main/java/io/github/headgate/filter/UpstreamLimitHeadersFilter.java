package io.github.headgate.filter;

import org.springframework.cloud.gateway.filter.headers.HttpHeadersFilter;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;

/**
 * Keeps off a response what its upstream says of the limits of the gateway's own account, where a filter of the route
 * limits its callers. The gateway asks it before it adds the upstream's headers to those that are there already.
 */
public final class UpstreamLimitHeadersFilter implements HttpHeadersFilter, Ordered {

    @Override
    public boolean supports(Type type) {
        return type == Type.RESPONSE;
    }

    @Override
    public HttpHeaders filter(HttpHeaders fromUpstream, ServerWebExchange exchange) {
        Charges charges = Charges.present(exchange);
        return charges == null ? fromUpstream : charges.withoutOverridden(fromUpstream);
    }

    /** Last: what others leave out or add is decided by then. */
    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }
}
