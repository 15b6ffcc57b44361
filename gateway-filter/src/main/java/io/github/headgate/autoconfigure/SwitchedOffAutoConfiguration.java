package io.github.headgate.autoconfigure;

import io.github.headgate.filter.PassingGatewayFilterFactory;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.gateway.config.GatewayAutoConfiguration;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/** Keeps routes that name the filter working where {@code headgate.enabled} is false: every request passes. */
@AutoConfiguration(after = GatewayAutoConfiguration.class)
@Conditional(OnDisabledCondition.class)
@ConditionalOnBean(GatewayProperties.class)
public final class SwitchedOffAutoConfiguration {

    private static final Log LOG = LogFactory.getLog(SwitchedOffAutoConfiguration.class);

    @Bean
    @ConditionalOnMissingBean(ProviderRateLimitGatewayFilterFactory.class)
    PassingGatewayFilterFactory providerRateLimitGatewayFilterFactory() {
        LOG.warn("Headgate is switched off by headgate.enabled: "
                + ProviderRateLimitGatewayFilterFactory.NAME
                + " lets every request pass, uncounted");
        return new PassingGatewayFilterFactory();
    }
}
