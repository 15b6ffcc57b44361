package io.github.headgate.caller;

import io.github.headgate.UserId;
import java.util.List;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Finds the user that the first of several sources names, and says what becomes of a request that none names. */
public final class UserResolver {

    private final List<UserSource> sources;
    private final List<Lookup> lookups;
    private final MissingUser missing;
    private final ClientAddress address;

    /** @throws IllegalArgumentException if the application cannot support a source; the message says why */
    public UserResolver(List<UserSource> sources, MissingUser missing, SourceContext context) {
        sources.forEach(context::requireUsable);
        if (missing == MissingUser.IP) {
            context.requireUsable(new UserSource.Ip());
        }
        this.sources = List.copyOf(sources);
        this.missing = missing;
        this.address = new ClientAddress(context.trustedHops());
        boolean besideVerified = sources.stream()
                .anyMatch(each -> each instanceof UserSource.Claim || each instanceof UserSource.PrincipalName);
        this.lookups = sources.stream()
                .map(each -> lookup(each, besideVerified, context))
                .toList();
    }

    private interface Lookup {
        Mono<UserId> find(ServerWebExchange exchange);
    }

    private Lookup lookup(UserSource source, boolean besideVerified, SourceContext context) {
        if (source instanceof UserSource.Header header) {
            return exchange -> header(exchange, header.name(), besideVerified);
        }
        if (source instanceof UserSource.Ip) {
            return this::ip;
        }
        VerifiedText text = VerifiedText.of(source, context);
        return exchange -> text.read(exchange).map(UserId::of);
    }

    /** The sources, in the order they are tried. */
    public List<UserSource> sources() {
        return sources;
    }

    /** Signals exactly one answer, or the error of a {@code KeyResolver} bean. */
    public Mono<Caller> resolve(ServerWebExchange exchange) {
        return resolve(exchange, 0);
    }

    private Mono<Caller> resolve(ServerWebExchange exchange, int index) {
        if (index == lookups.size()) {
            return missing(exchange);
        }
        Mono<Caller> found = lookups.get(index).find(exchange).map(Caller.Known::new);
        return found.switchIfEmpty(Mono.defer(() -> resolve(exchange, index + 1)));
    }

    private Mono<Caller> missing(ServerWebExchange exchange) {
        return switch (missing) {
            case SHARED -> Mono.just(new Caller.Shared());
            case DENY -> Mono.just(new Caller.Refused());
            case IP -> ip(exchange).<Caller>map(Caller.Known::new).defaultIfEmpty(new Caller.Shared());
        };
    }

    private Mono<UserId> ip(ServerWebExchange exchange) {
        String found = address.of(exchange.getRequest());
        return found == null ? Mono.empty() : Mono.just(UserId.ip(found));
    }

    /** Of two values one may be the caller's own, beside that of a proxy: neither is believed. */
    private static Mono<UserId> header(ServerWebExchange exchange, String name, boolean besideVerified) {
        List<String> values = exchange.getRequest().getHeaders().getOrEmpty(name);
        if (values.size() != 1 || values.get(0).isBlank()) {
            return Mono.empty();
        }
        String value = values.get(0);
        return Mono.just(besideVerified ? UserId.unverifiedHeader(value) : UserId.of(value));
    }
}
