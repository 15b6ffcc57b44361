package io.github.headgate.caller;

import java.util.List;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Finds the tier that the first of several verified sources puts the caller into. */
public final class TierResolver {

    private final List<VerifiedText> sources;

    /** @throws IllegalArgumentException if a source is unverified, or the application cannot support it */
    public TierResolver(List<UserSource> sources, SourceContext context) {
        sources.forEach(context::requireUsable);
        this.sources =
                sources.stream().map(each -> VerifiedText.of(each, context)).toList();
    }

    /** Whether no source can ever name a tier. */
    public boolean isEmpty() {
        return sources.isEmpty();
    }

    /** The tier's name, in the source's own words; empty when no source says one. */
    public Mono<String> resolve(ServerWebExchange exchange) {
        return sources.isEmpty() ? Mono.empty() : resolve(exchange, 0);
    }

    private Mono<String> resolve(ServerWebExchange exchange, int index) {
        Mono<String> tier = sources.get(index).read(exchange);
        return index == sources.size() - 1 ? tier : tier.switchIfEmpty(Mono.defer(() -> resolve(exchange, index + 1)));
    }
}
