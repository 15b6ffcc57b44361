package io.github.headgate.caller;

import java.util.Objects;
import org.springframework.cloud.gateway.filter.ratelimit.KeyResolver;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** What a verified source says about an exchange; empty when it says nothing. */
interface VerifiedText {

    Mono<String> read(ServerWebExchange exchange);

    /**
     * The reader of one source.
     *
     * @throws IllegalArgumentException if the source is not a verified one
     */
    static VerifiedText of(UserSource source, SourceContext context) {
        if (source instanceof UserSource.Claim claim) {
            return exchange ->
                    exchange.getPrincipal().mapNotNull(principal -> Principals.claim(principal, claim.name()));
        }
        if (source instanceof UserSource.PrincipalName) {
            return exchange -> exchange.getPrincipal().mapNotNull(Principals::name);
        }
        if (source instanceof UserSource.Bean bean) {
            KeyResolver resolver = Objects.requireNonNull(context.keyResolvers().get(bean.name()));
            return exchange -> resolver.resolve(exchange).filter(text -> !text.isEmpty());
        }
        throw new IllegalArgumentException(source + " is not a verified source");
    }
}
