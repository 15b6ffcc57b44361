package io.github.headgate.autoconfigure;

import io.github.headgate.autoconfigure.HeadgateProperties.MissingUser;
import io.github.headgate.rules.RuleBook;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.cloud.gateway.config.GatewayAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/**
 * Makes Headgate of its configuration, unless {@code headgate.enabled} is false. After Boot's Redis, whose beans decide
 * where counts live.
 */
@AutoConfiguration(
        after = {
            DataRedisAutoConfiguration.class,
            DataRedisReactiveAutoConfiguration.class,
            GatewayAutoConfiguration.class
        })
@Conditional(OnEnabledCondition.class)
@EnableConfigurationProperties(HeadgateProperties.class)
public final class HeadgateAutoConfiguration {

    /** Which rule applies, and what start-up says of it. */
    @Configuration(proxyBeanMethods = false)
    static class Rules {

        @Bean
        @ConditionalOnMissingBean
        RuleBook headgateRuleBook(HeadgateProperties properties) {
            return ConfiguredRules.book(properties);
        }

        @Bean
        StoreChoice headgateStoreChoice(Environment environment, ConfigurableListableBeanFactory beans) {
            return StoreChoice.of(environment, beans);
        }

        @Bean
        StartupReport headgateStartupReport(HeadgateProperties properties, RuleBook rules, StoreChoice store) {
            return new StartupReport(properties, rules, store);
        }
    }

    /** What must hold before the application may start. */
    @Configuration(proxyBeanMethods = false)
    static class Checks {

        @Bean
        static PropertyNamesCheck headgatePropertyNamesCheck(ConfigurableEnvironment environment) {
            return new PropertyNamesCheck(environment);
        }

        @Bean
        SourcesCheck headgateSourcesCheck(
                HeadgateProperties properties, Environment environment, ListableBeanFactory beans) {
            return new SourcesCheck(environment, beans, properties.trustedHops());
        }

        @Bean
        SmartInitializingSingleton headgateDefaultSourcesCheck(HeadgateProperties properties, SourcesCheck sources) {
            return () -> sources.check(defaultSources(properties));
        }

        private static List<ConfiguredSource> defaultSources(HeadgateProperties properties) {
            List<ConfiguredSource> sources = new ArrayList<>(SourceSyntax.of("headgate.user", properties.user()));
            sources.addAll(SourceSyntax.of("headgate.tier", properties.tier()));
            if (properties.missingUser() == MissingUser.IP) {
                sources.add(new ConfiguredSource("headgate.missing-user", "ip"));
            }
            return sources;
        }
    }
}
