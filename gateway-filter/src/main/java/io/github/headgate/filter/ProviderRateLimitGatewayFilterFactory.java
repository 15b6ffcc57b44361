package io.github.headgate.filter;

import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.caller.MissingUser;
import io.github.headgate.caller.SourceContext;
import io.github.headgate.caller.TierResolver;
import io.github.headgate.caller.UserResolver;
import io.github.headgate.caller.UserSource;
import io.github.headgate.http.Dialect;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.filter.GatewayFilter;
import org.springframework.cloud.gateway.filter.factory.AbstractGatewayFilterFactory;
import org.springframework.cloud.gateway.support.HasRouteId;

/**
 * Makes the {@code ProviderRateLimit} filter: of a definition in YAML, or of a {@link Config} in Java.
 *
 * <p>A configuration that cannot work is a {@link FilterArgumentException} when the filter is made.
 */
public final class ProviderRateLimitGatewayFilterFactory
        extends AbstractGatewayFilterFactory<ProviderRateLimitGatewayFilterFactory.Config> {

    /** The filter's name in YAML. */
    public static final String NAME = "ProviderRateLimit";

    private final ProviderRateLimiter limiter;
    private final Providers providers;
    private final FilterDefaults defaults;
    private final SourceContext sources;
    private final InstantSource clock;
    private final UserResolver defaultUsers;
    private final TierResolver tiers;

    /**
     * Counts time by the system's clock.
     *
     * @throws IllegalArgumentException if the application cannot support a default source; the message says why
     */
    public ProviderRateLimitGatewayFilterFactory(
            ProviderRateLimiter limiter, Providers providers, FilterDefaults defaults, SourceContext sources) {
        this(limiter, providers, defaults, sources, InstantSource.system());
    }

    ProviderRateLimitGatewayFilterFactory(
            ProviderRateLimiter limiter,
            Providers providers,
            FilterDefaults defaults,
            SourceContext sources,
            InstantSource clock) {
        super(Config.class);
        this.limiter = limiter;
        this.providers = providers;
        this.defaults = defaults;
        this.sources = sources;
        this.clock = clock;
        this.defaultUsers = new UserResolver(defaults.user(), defaults.missingUser(), sources);
        this.tiers = new TierResolver(defaults.tier(), sources);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> shortcutFieldOrder() {
        return List.of("provider");
    }

    @Override
    public GatewayFilter apply(Config config) {
        Settings settings = settings(config, FilterLocation.route(config.getRouteId()));
        return new ProviderRateLimitFilter(settings, this);
    }

    Providers providers() {
        return providers;
    }

    ProviderRateLimiter limiter() {
        return limiter;
    }

    InstantSource clock() {
        return clock;
    }

    /** Throws {@link FilterArgumentException} for what no filter can be made of. */
    Settings settings(Config config, FilterLocation location) {
        String provider = config.getProvider();
        if (provider != null && !providers.isKnown(provider)) {
            throw location.refusal("provider", provider, RouteProvider.allowed(providers));
        }
        Integer permits = config.getPermits();
        if (permits != null && permits < 1) {
            throw location.refusal("permits", permits, "allowed is a whole number of at least 1");
        }
        Duration maxWait = config.getMaxWait() == null ? defaults.maxWait() : config.getMaxWait();
        if (!FilterDefaults.isPossibleWait(maxWait)) {
            throw location.refusal("max-wait", maxWait, "allowed is a duration of 0s to 60s");
        }
        return new Settings(
                provider,
                users(config, location),
                tiers,
                permits == null ? 1 : permits,
                config.getMode() == null ? defaults.mode() : config.getMode(),
                maxWait,
                config.getDialect(),
                config.getHeaders() == null ? defaults.headers() : config.getHeaders(),
                defaults.noRetryAbove());
    }

    private UserResolver users(Config config, FilterLocation location) {
        List<String> texts = config.getUser();
        MissingUser missing = config.getMissingUser();
        if (texts == null && missing == null) {
            return defaultUsers;
        }
        List<UserSource> user = texts == null ? defaults.user() : parse(texts, location);
        MissingUser policy = missing == null ? defaults.missingUser() : missing;
        if (policy == MissingUser.IP) {
            requireUsable(new UserSource.Ip(), "missing-user", location);
        }
        return new UserResolver(user, policy, sources);
    }

    private List<UserSource> parse(List<String> texts, FilterLocation location) {
        if (texts.isEmpty()) {
            throw location.refusal("user", "", "allowed are " + UserSource.ALLOWED + ", or a list of these");
        }
        List<UserSource> parsed = new ArrayList<>(texts.size());
        for (String text : texts) {
            UserSource source;
            try {
                source = UserSource.parse(text);
            } catch (IllegalArgumentException e) {
                throw location.refusal("user", text, "allowed are " + UserSource.ALLOWED + ", or a list of these");
            }
            requireUsable(source, "user", location);
            parsed.add(source);
        }
        return parsed;
    }

    private void requireUsable(UserSource source, String argument, FilterLocation location) {
        try {
            sources.requireUsable(source);
        } catch (IllegalArgumentException e) {
            throw location.refusal(argument, source, String.valueOf(e.getMessage()));
        }
    }

    /** One filter's arguments; what is not set comes from the defaults. */
    public static class Config implements HasRouteId {

        private @Nullable String routeId;
        private @Nullable String provider;
        private @Nullable List<String> user;
        private @Nullable MissingUser missingUser;
        private @Nullable Mode mode;
        private @Nullable Duration maxWait;
        private @Nullable Integer permits;
        private @Nullable Dialect dialect;
        private @Nullable Boolean headers;

        @Override
        public @Nullable String getRouteId() {
            return routeId;
        }

        @Override
        public void setRouteId(String routeId) {
            this.routeId = routeId;
        }

        public @Nullable String getProvider() {
            return provider;
        }

        /** Must be built in or configured. Not set: the route's metadata {@code provider}, then the route's id. */
        public void setProvider(@Nullable String provider) {
            this.provider = provider;
        }

        public @Nullable List<String> getUser() {
            return user;
        }

        /** Each {@code header:NAME}, {@code claim:NAME}, {@code principal}, {@code ip} or {@code bean:NAME}. */
        public void setUser(@Nullable List<String> user) {
            this.user = user;
        }

        public @Nullable MissingUser getMissingUser() {
            return missingUser;
        }

        public void setMissingUser(@Nullable MissingUser missingUser) {
            this.missingUser = missingUser;
        }

        public @Nullable Mode getMode() {
            return mode;
        }

        public void setMode(@Nullable Mode mode) {
            this.mode = mode;
        }

        public @Nullable Duration getMaxWait() {
            return maxWait;
        }

        /** 0 s to 60 s. */
        public void setMaxWait(@Nullable Duration maxWait) {
            this.maxWait = maxWait;
        }

        public @Nullable Integer getPermits() {
            return permits;
        }

        /** What one request spends, at least 1. Not set: 1. */
        public void setPermits(@Nullable Integer permits) {
            this.permits = permits;
        }

        public @Nullable Dialect getDialect() {
            return dialect;
        }

        /** Not set: the provider's. */
        public void setDialect(@Nullable Dialect dialect) {
            this.dialect = dialect;
        }

        public @Nullable Boolean getHeaders() {
            return headers;
        }

        /** Whether granted responses carry limit headers. The provider's own go in any case. */
        public void setHeaders(@Nullable Boolean headers) {
            this.headers = headers;
        }
    }
}
