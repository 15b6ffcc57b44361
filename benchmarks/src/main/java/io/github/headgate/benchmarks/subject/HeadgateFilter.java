package io.github.headgate.benchmarks.subject;

import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.caller.MissingUser;
import io.github.headgate.caller.SourceContext;
import io.github.headgate.caller.UserSource;
import io.github.headgate.filter.FilterDefaults;
import io.github.headgate.filter.LimitingGatewayFilterFactory;
import io.github.headgate.filter.Mode;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory;
import io.github.headgate.filter.Providers;
import io.github.headgate.http.Dialect;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.springframework.cloud.gateway.filter.GatewayFilter;

/** The filter of a route, over any limiter. */
public final class HeadgateFilter {

    /** Who asks, in every benchmark. */
    public static final String USER_HEADER = "X-User-Id";

    private HeadgateFilter() {}

    public static GatewayFilter over(ProviderRateLimiter limiter, Mode mode) {
        Providers providers = new Providers() {
            @Override
            public Collection<String> names() {
                return List.of(Headgate.PROVIDER);
            }

            @Override
            public Dialect dialect(String provider) {
                return Dialect.OPENAI;
            }
        };
        FilterDefaults defaults = new FilterDefaults(
                List.of(UserSource.parse("header:" + USER_HEADER)),
                List.of(),
                MissingUser.SHARED,
                mode,
                Duration.ofSeconds(60),
                true,
                Duration.ofSeconds(60));
        var config = new ProviderRateLimitGatewayFilterFactory.Config();
        config.setProvider(Headgate.PROVIDER);
        return new LimitingGatewayFilterFactory(limiter, providers, defaults, SourceContext.of(0)).apply(config);
    }
}
