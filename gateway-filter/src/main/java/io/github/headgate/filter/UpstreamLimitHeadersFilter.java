package io.github.headgate.filter;

import io.github.headgate.http.LimitHeaders;
import org.springframework.cloud.gateway.filter.headers.HttpHeadersFilter;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import reactor.netty.http.client.HttpClientResponse;

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
        if (charges == null) {
            return fromUpstream;
        }
        boolean overridden = charges.overridesLimits() && mayDescribeLimits(fromUpstream, exchange);
        return charges.withoutVerdict(overridden ? LimitHeaders.withoutProviders(fromUpstream) : fromUpstream);
    }

    /**
     * Looks at the upstream's own headers where none were added or left out since: to see the names of the others they
     * would be copied, for each response.
     */
    private static boolean mayDescribeLimits(HttpHeaders headers, ServerWebExchange exchange) {
        if (!(exchange.getAttribute(ServerWebExchangeUtils.CLIENT_RESPONSE_ATTR) instanceof HttpClientResponse response)
                || response.responseHeaders().size() != headers.size()) {
            return true;
        }
        for (var own = response.responseHeaders().iteratorCharSequence(); own.hasNext(); ) {
            if (LimitHeaders.isLimitHeader(own.next().getKey())) {
                return true;
            }
        }
        return false;
    }

    /** Last: what others leave out or add is decided by then. */
    @Override
    public int getOrder() {
        return LOWEST_PRECEDENCE;
    }
}
