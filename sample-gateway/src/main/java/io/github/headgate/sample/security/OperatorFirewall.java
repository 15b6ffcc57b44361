package io.github.headgate.sample.security;

import java.util.List;
import org.springframework.security.web.server.firewall.ServerWebExchangeFirewall;
import org.springframework.security.web.server.firewall.StrictServerWebExchangeFirewall;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Spring Security's strict look at a request, for the gateway's own paths; a provider's paths are its own business. */
final class OperatorFirewall implements ServerWebExchangeFirewall {

    private static final List<String> OWN = List.of("/actuator", "/console", "/webjars");

    private final ServerWebExchangeFirewall strict = new StrictServerWebExchangeFirewall();

    @Override
    public Mono<ServerWebExchange> getFirewalledExchange(ServerWebExchange exchange) {
        String path = exchange.getRequest().getPath().value();
        return OWN.stream().anyMatch(path::startsWith) ? strict.getFirewalledExchange(exchange) : Mono.just(exchange);
    }
}
