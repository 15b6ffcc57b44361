package io.github.headgate.filter;

import static java.util.Objects.requireNonNull;

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
        return new Passage<>(() -> new Attempt(exchange, chain));
    }

    /** One exchange: its question is for whom it is to be charged, and whether the limiter grants that. */
    private final class Attempt implements Passage.Ways<Decision> {

        private final ServerWebExchange exchange;
        private final GatewayFilterChain chain;
        private final String provider;
        private final boolean shadow;
        private final Dialect dialect;
        private final Charges charges;
        private @Nullable Key key;
        private @Nullable Answer refusal;
        private boolean mayGo;

        Attempt(ServerWebExchange exchange, GatewayFilterChain chain) {
            this.exchange = exchange;
            this.chain = chain;
            provider = provider(exchange);
            Boolean ownShadow = settings.shadow();
            shadow = ownShadow == null ? providers.shadow(provider) : ownShadow;
            Dialect ownDialect = settings.dialect();
            dialect = ownDialect == null ? providers.dialect(provider) : ownDialect;
            charges = Charges.of(exchange, limiter);
            charges.startDeciding(shadow);
        }

        /** Without an answer where nothing has to be decided. */
        @Override
        public Mono<Decision> question() {
            Caller caller = settings.users().resolveAtOnce(exchange);
            return caller != null
                    ? question(caller)
                    : settings.users().resolve(exchange).flatMap(this::question);
        }

        private Mono<Decision> question(Caller caller) {
            if (caller instanceof Caller.Refused) {
                if (shadow) {
                    tried(ShadowHeader.MISSING_USER);
                } else {
                    refuse(Refusals.missingUser(occasion()));
                }
                return Mono.empty();
            }
            Key asked = new Key(provider, caller instanceof Caller.Known known ? known.id() : null);
            if (charges.cover(asked, shadow)) {
                charges.keep();
                mayGo = true;
                return Mono.empty();
            }
            key = asked;
            return observation.around(provider, decide(asked));
        }

        private Mono<Decision> decide(Key asked) {
            // Only users have a tier: of those who share a key, each could bring another rule for it.
            if (asked.user() == null || settings.tiers().isEmpty()) {
                return decide(asked, null);
            }
            return settings.tiers()
                    .resolve(exchange)
                    .singleOptional()
                    .flatMap(tier -> decide(asked, tier.orElse(null)));
        }

        private Mono<Decision> decide(Key asked, @Nullable String tier) {
            boolean mayWait = settings.mode() == Mode.WAIT;
            if (shadow) {
                return limiter.shadow(asked, tier, settings.permits(), mayWait ? settings.maxWait() : Duration.ZERO);
            }
            return mayWait
                    ? limiter.acquire(asked, tier, settings.permits(), settings.maxWait())
                    : limiter.check(asked, tier, settings.permits());
        }

        @Override
        public Mono<Void> answered(@Nullable Decision decision) {
            if (decision != null) {
                settle(requireNonNull(key), decision);
            }
            if (refusal != null) {
                return refusal.writeTo(exchange.getResponse());
            }
            return mayGo
                    ? chain.filter(exchange)
                    : failed(new IllegalStateException("the limiter decided nothing about a request to " + provider));
        }

        /** Charges what is granted; refuses what is denied, but in shadow mode. */
        private void settle(Key asked, Decision decision) {
            if (decision instanceof Decision.Granted granted) {
                boolean headers = settings.headers() && !shadow;
                charges.grant(new Charges.Charged(asked, granted, dialect, headers, clock.instant(), shadow));
                mayGo = true;
            }
            if (shadow) {
                tried(ShadowHeader.of(decision));
            } else if (decision instanceof Decision.Denied denied) {
                refuse(Refusals.denied(occasion(), denied, asked.user() == null, settings.noRetryAbove()));
            }
        }

        private void refuse(Answer answer) {
            charges.refuse();
            refusal = answer;
        }

        /** In shadow mode nobody is held to what became of it. */
        private void tried(String verdict) {
            charges.shadow(verdict);
            mayGo = true;
        }

        @Override
        public Mono<Void> failed(Throwable error) {
            if (shadow) {
                tried(ShadowHeader.FAILED);
                return chain.filter(exchange);
            }
            charges.refuse();
            return Mono.error(error);
        }

        @Override
        public void cancelled() {
            charges.abandon();
        }

        private Refusals.Occasion occasion() {
            return new Refusals.Occasion(dialect, newRequestId(), clock.instant());
        }
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
