package io.github.headgate.filter;

import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.caller.MissingUser;
import io.github.headgate.caller.SourceContext;
import io.github.headgate.caller.TierResolver;
import io.github.headgate.caller.UserResolver;
import io.github.headgate.caller.UserSource;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.springframework.cloud.gateway.filter.GatewayFilter;

/**
 * Makes filters that limit.
 *
 * <p>A configuration that cannot work is a {@link FilterArgumentException} when the filter is made.
 */
public final class LimitingGatewayFilterFactory extends ProviderRateLimitGatewayFilterFactory {

    private final ProviderRateLimiter limiter;
    private final Providers providers;
    private final FilterDefaults defaults;
    private final SourceContext sources;
    private final DecisionObservation observation;
    private final InstantSource clock;
    private final UserResolver defaultUsers;
    private final TierResolver tiers;

    /**
     * Counts time by the system's clock.
     *
     * @throws IllegalArgumentException if the application cannot support a default source; the message says why
     */
    public LimitingGatewayFilterFactory(
            ProviderRateLimiter limiter, Providers providers, FilterDefaults defaults, SourceContext sources) {
        this(limiter, providers, defaults, sources, DecisionObservation.NONE);
    }

    /** The same, with a span around each decision. */
    public LimitingGatewayFilterFactory(
            ProviderRateLimiter limiter,
            Providers providers,
            FilterDefaults defaults,
            SourceContext sources,
            DecisionObservation observation) {
        this(limiter, providers, defaults, sources, observation, InstantSource.system());
    }

    LimitingGatewayFilterFactory(
            ProviderRateLimiter limiter,
            Providers providers,
            FilterDefaults defaults,
            SourceContext sources,
            DecisionObservation observation,
            InstantSource clock) {
        this.limiter = limiter;
        this.providers = providers;
        this.defaults = defaults;
        this.sources = sources;
        this.observation = observation;
        this.clock = clock;
        this.defaultUsers = new UserResolver(defaults.user(), defaults.missingUser(), sources);
        this.tiers = new TierResolver(defaults.tier(), sources);
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

    DecisionObservation observation() {
        return observation;
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
                config.getShadow(),
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
}
