package io.github.headgate.sample;

import io.github.headgate.caller.SourceContext;
import io.github.headgate.filter.FilterDefaults;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory;
import io.github.headgate.filter.Providers;
import io.github.headgate.http.Dialect;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.local.LocalStore;
import io.github.headgate.rules.RuleBook;
import java.util.Collection;
import java.util.Locale;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Schedulers;

/** The filter on a local store, until the library's auto-configuration makes it. */
@Configuration(proxyBeanMethods = false)
class FilterWiring {

    @Bean
    ProviderRateLimitGatewayFilterFactory providerRateLimit(RuleBook rules) {
        Providers providers = new Providers() {

            @Override
            public Collection<String> names() {
                return rules.providerNames();
            }

            @Override
            public Dialect dialect(String provider) {
                return Dialect.valueOf(String.valueOf(rules.dialect(provider)).toUpperCase(Locale.ROOT));
            }
        };
        return new ProviderRateLimitGatewayFilterFactory(
                new StoreRateLimiter(new LocalStore(1_000), rules, 100, 10, Schedulers.parallel()),
                providers,
                FilterDefaults.standard(),
                SourceContext.of(0));
    }
}
