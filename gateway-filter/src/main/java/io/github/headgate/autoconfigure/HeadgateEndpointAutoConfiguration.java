package io.github.headgate.autoconfigure;

import io.github.headgate.endpoint.RateLimitRulesEndpoint;
import io.github.headgate.endpoint.RateLimitsEndpoint;
import io.github.headgate.failover.StoreView;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.metrics.BusiestKeys;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** The actuator endpoints, where Boot's actuator is there and they are exposed. */
@AutoConfiguration(after = HeadgateAutoConfiguration.class)
@ConditionalOnClass({WebEndpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnBean({StoreRateLimiter.class, StoreView.class})
public final class HeadgateEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint
    RateLimitsEndpoint rateLimitsEndpoint(
            StoreRateLimiter limiter, StoreView store, ObjectProvider<BusiestKeys> busiest) {
        return new RateLimitsEndpoint(limiter, store, busiest.getIfAvailable(BusiestKeys::new));
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint
    RateLimitRulesEndpoint rateLimitRulesEndpoint(StoreRateLimiter limiter) {
        return new RateLimitRulesEndpoint(limiter);
    }
}
