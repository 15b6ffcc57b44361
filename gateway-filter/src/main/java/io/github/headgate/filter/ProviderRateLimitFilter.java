package io.github.headgate.filter;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.caller.Caller;
import io.github.headgate.http.Answer;
import io.github.headgate.http.Dialect;
import io.github.headgate.http.Refusals;
import io.github.headgate.http.ShadowHeader;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.filter.GatewayFilter;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * Lets an exchange pass when the limiter grants it, and answers in the upstream's place otherwise. The chain is
 * subscribed to exactly once or never. A caller that leaves before the request has gone gets back what it was charged.
 */
final class ProviderRateLimitFilter implements GatewayFilter {

    private final Settings settings;
    private final Providers providers;
    private final ProviderRateLimiter limiter;
    private final DecisionObservation observation;
    private final InstantSource clock;

    ProviderRateLimitFilter(Settings settings, LimitingGatewayFilterFactory factory) {
        this.settings = settings;
        this.providers = factory.providers();
        this.limiter = factory.limiter();
        this.observation = factory.observation();
        this.clock = factory.clock();
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
        return new Passage<>(() -> ways(exchange, chain));
    }

    private Passage.Ways<Optional<Answer>> ways(ServerWebExchange exchange, GatewayFilterChain chain) {
        Charges charges = Charges.of(exchange, limiter);
        String provider = provider(exchange);
        boolean shadow = isShadow(provider);
        charges.startDeciding(shadow);
        // An absent refusal is a value, because an empty Mono<Void> could not be told from a finished chain.
        return new Passage.Ways<>() {
            @Override
            public Mono<Optional<Answer>> question() {
                return refusal(provider, exchange, charges);
            }

            @Override
            public Mono<Void> answered(Optional<Answer> refusal) {
                return refusal.isPresent() ? refusal.get().writeTo(exchange.getResponse()) : chain.filter(exchange);
            }

            @Override
            public Mono<Void> failed(Throwable error) {
                if (shadow) {
                    charges.shadow(ShadowHeader.FAILED);
                    return chain.filter(exchange);
                }
                charges.refuse();
                return Mono.error(error);
            }

            @Override
            public void cancelled() {
                charges.abandon();
            }
        };
    }

    private boolean isShadow(String provider) {
        Boolean own = settings.shadow();
        return own == null ? providers.shadow(provider) : own;
    }

    /** Why the exchange may not go, as the answer that says so; empty once it is charged and may go. */
    private Mono<Optional<Answer>> refusal(String provider, ServerWebExchange exchange, Charges charges) {
        Caller caller = settings.users().resolveAtOnce(exchange);
        return caller != null
                ? refusal(provider, caller, exchange, charges)
                : settings.users()
                        .resolve(exchange)
                        .flatMap(resolved -> refusal(provider, resolved, exchange, charges));
    }

    private Mono<Optional<Answer>> refusal(
            String provider, Caller caller, ServerWebExchange exchange, Charges charges) {
        boolean shadow = isShadow(provider);
        if (caller instanceof Caller.Refused) {
            if (shadow) {
                charges.shadow(ShadowHeader.MISSING_USER);
                return Mono.just(Optional.empty());
            }
            charges.refuse();
            return Mono.just(Optional.of(Refusals.missingUser(occasion(provider))));
        }
        Key key = new Key(provider, caller instanceof Caller.Known known ? known.id() : null);
        if (charges.cover(key, shadow)) {
            charges.keep();
            return Mono.just(Optional.empty());
        }
        return observation
                .around(provider, decide(key, exchange))
                .map(decision -> shadow ? note(key, decision, charges) : settle(key, decision, charges));
    }

    private Mono<Decision> decide(Key key, ServerWebExchange exchange) {
        // Only users have a tier: of those who share a key, each could bring another rule for it.
        if (key.user() == null || settings.tiers().isEmpty()) {
            return decide(key, (String) null);
        }
        return settings.tiers().resolve(exchange).singleOptional().flatMap(tier -> decide(key, tier.orElse(null)));
    }

    private Mono<Decision> decide(Key key, @Nullable String tier) {
        if (isShadow(key.provider())) {
            Duration wait = settings.mode() == Mode.WAIT ? settings.maxWait() : Duration.ZERO;
            return limiter.shadow(key, tier, settings.permits(), wait);
        }
        return settings.mode() == Mode.WAIT
                ? limiter.acquire(key, tier, settings.permits(), settings.maxWait())
                : limiter.check(key, tier, settings.permits());
    }

    /** Charges what is granted, as always, and lets the request go in any case. */
    private Optional<Answer> note(Key key, Decision decision, Charges charges) {
        if (decision instanceof Decision.Granted granted) {
            charges.grant(new Charges.Charged(key, granted, dialect(key.provider()), false, clock.instant(), true));
        }
        charges.shadow(ShadowHeader.of(decision));
        return Optional.empty();
    }

    private Optional<Answer> settle(Key key, Decision decision, Charges charges) {
        if (decision instanceof Decision.Granted granted) {
            charges.grant(new Charges.Charged(
                    key, granted, dialect(key.provider()), settings.headers(), clock.instant(), false));
            return Optional.empty();
        }
        charges.refuse();
        return Optional.of(Refusals.denied(
                occasion(key.provider()), (Decision.Denied) decision, key.user() == null, settings.noRetryAbove()));
    }

    private String provider(ServerWebExchange exchange) {
        String named = settings.provider();
        if (named != null) {
            return named;
        }
        Route route = exchange.getAttribute(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR);
        String id = route == null ? null : route.getId();
        Map<String, Object> metadata = route == null ? Map.of() : route.getMetadata();
        return RouteProvider.of(id, metadata, providers, FilterLocation.route(id));
    }

    private Dialect dialect(String provider) {
        Dialect own = settings.dialect();
        return own == null ? providers.dialect(provider) : own;
    }

    private Refusals.Occasion occasion(String provider) {
        return new Refusals.Occasion(dialect(provider), newRequestId(), clock.instant());
    }

    /** Not secret, only rare; the secure source of the platform may block. */
    private static String newRequestId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return "req_" + hex(random.nextLong()) + hex(random.nextLong());
    }

    private static String hex(long bits) {
        return HexFormat.of().toHexDigits(bits);
    }

    @Override
    public String toString() {
        String provider = settings.provider();
        return "[%s provider = '%s', user = %s, mode = %s, permits = %d]"
                .formatted(
                        ProviderRateLimitGatewayFilterFactory.NAME,
                        provider == null ? "of the route" : provider,
                        settings.users().sources(),
                        settings.mode(),
                        settings.permits());
    }
}
