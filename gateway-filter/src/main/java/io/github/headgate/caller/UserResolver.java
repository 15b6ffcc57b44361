package io.github.headgate.caller;

import io.github.headgate.UserId;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Finds the user that the first of several sources names, and says what becomes of a request that none names. */
public final class UserResolver {

    private final List<UserSource> sources;
    private final List<Lookup> lookups;
    private final boolean allAtOnce;
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
        this.allAtOnce = lookups.stream().allMatch(Lookup.AtOnce.class::isInstance);
    }

    /** How a source is asked: those that know at once cost no reactive step. */
    private sealed interface Lookup {

        record AtOnce(Function<ServerWebExchange, @Nullable UserId> find) implements Lookup {}

        record Later(Function<ServerWebExchange, Mono<UserId>> find) implements Lookup {}
    }

    private Lookup lookup(UserSource source, boolean besideVerified, SourceContext context) {
        if (source instanceof UserSource.Header header) {
            return new Lookup.AtOnce(exchange -> header(exchange, header.name(), besideVerified));
        }
        if (source instanceof UserSource.Ip) {
            return new Lookup.AtOnce(this::ip);
        }
        VerifiedText text = VerifiedText.of(source, context);
        return new Lookup.Later(
                exchange -> Mono.defer(() -> text.read(exchange)).map(UserId::of));
    }

    /** The sources, in the order they are tried. */
    public List<UserSource> sources() {
        return sources;
    }

    /** Signals exactly one answer, or the error of a {@code KeyResolver} bean. */
    public Mono<Caller> resolve(ServerWebExchange exchange) {
        return resolve(exchange, 0);
    }

    /** The same answer without a reactive step; null when any of the sources may take one. */
    public @Nullable Caller resolveAtOnce(ServerWebExchange exchange) {
        return allAtOnce ? resolveAtOnce(exchange, 0) : null;
    }

    /** Null when it depends on a source that takes a step. */
    private @Nullable Caller resolveAtOnce(ServerWebExchange exchange, int from) {
        for (int i = from; i < lookups.size(); i++) {
            if (!(lookups.get(i) instanceof Lookup.AtOnce known)) {
                return null;
            }
            UserId id = known.find().apply(exchange);
            if (id != null) {
                return new Caller.Known(id);
            }
        }
        return missing(exchange);
    }

    private Mono<Caller> resolve(ServerWebExchange exchange, int from) {
        Caller caller = resolveAtOnce(exchange, from);
        if (caller != null) {
            return Mono.just(caller);
        }
        int at = from;
        while (!(lookups.get(at) instanceof Lookup.Later asked)) {
            at++;
        }
        int next = at + 1;
        return asked.find()
                .apply(exchange)
                .<Caller>map(Caller.Known::new)
                .switchIfEmpty(Mono.defer(() -> resolve(exchange, next)));
    }

    private Caller missing(ServerWebExchange exchange) {
        return switch (missing) {
            case SHARED -> new Caller.Shared();
            case DENY -> new Caller.Refused();
            case IP -> {
                UserId id = ip(exchange);
                yield id == null ? new Caller.Shared() : new Caller.Known(id);
            }
        };
    }

    private @Nullable UserId ip(ServerWebExchange exchange) {
        String found = address.of(exchange.getRequest());
        return found == null ? null : UserId.ip(found);
    }

    /** Of two values one may be the caller's own, beside that of a proxy: neither is believed. */
    private static @Nullable UserId header(ServerWebExchange exchange, String name, boolean besideVerified) {
        List<String> values = exchange.getRequest().getHeaders().getOrEmpty(name);
        String value = values.size() == 1 ? values.get(0) : "";
        if (value.isBlank()) {
            return null;
        }
        return besideVerified ? UserId.unverifiedHeader(value) : UserId.of(value);
    }
}
