package io.github.headgate.sample.security;

import java.util.Set;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatcher.MatchResult;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * A write that another site could have made a browser send: any, unless it brings an {@code Authorization} header,
 * which no other site can add and no browser adds unasked.
 */
final class BrowserWrite {

    private static final Set<HttpMethod> READS =
            Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.TRACE);

    private BrowserWrite() {}

    static Mono<MatchResult> matches(ServerWebExchange exchange) {
        ServerHttpRequest request = exchange.getRequest();
        boolean console = request.getPath().pathWithinApplication().value().startsWith("/console");
        boolean password = !console && request.getHeaders().containsHeader(HttpHeaders.AUTHORIZATION);
        return READS.contains(request.getMethod()) || password ? MatchResult.notMatch() : MatchResult.match();
    }
}
