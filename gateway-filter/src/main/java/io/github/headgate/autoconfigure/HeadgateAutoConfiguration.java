package io.github.headgate.autoconfigure;

import io.github.headgate.LimitStore;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.caller.SourceContext;
import io.github.headgate.caller.UserSource;
import io.github.headgate.configuration.ConfiguredRules;
import io.github.headgate.configuration.ConfiguredSource;
import io.github.headgate.configuration.HeadgateProperties;
import io.github.headgate.configuration.PropertyNamesCheck;
import io.github.headgate.configuration.SourcesCheck;
import io.github.headgate.failover.StoreView;
import io.github.headgate.filter.DecisionObservation;
import io.github.headgate.filter.FilterDefaults;
import io.github.headgate.filter.LimitingGatewayFilterFactory;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory;
import io.github.headgate.filter.RouteArguments;
import io.github.headgate.filter.RouteDefinitionGuard;
import io.github.headgate.filter.UpstreamLimitHeadersFilter;
import io.github.headgate.limiter.DecisionListener;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.local.LocalStore;
import io.github.headgate.metrics.BusiestKeys;
import io.github.headgate.metrics.DecisionMetrics;
import io.github.headgate.metrics.DenialLog;
import io.github.headgate.metrics.StoreMetrics;
import io.github.headgate.redis.HandshakeLimit;
import io.github.headgate.rules.RuleBook;
import io.github.headgate.runtime.LocalRuleStore;
import io.github.headgate.runtime.RuleStore;
import io.lettuce.core.resource.Delay;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationRegistry;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.cloud.gateway.config.GatewayAutoConfiguration;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.cloud.gateway.filter.ratelimit.KeyResolver;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.util.ClassUtils;
import reactor.core.scheduler.Schedulers;

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

    /** Where counts live when no Redis is configured. */
    @Configuration(proxyBeanMethods = false)
    @Conditional(OnLocalStoreCondition.class)
    static class InMemory {

        @Bean
        @ConditionalOnMissingBean
        LocalStore headgateLocalStore(HeadgateProperties properties) {
            return new LocalStore(properties.local().maxKeys());
        }

        @Bean
        @ConditionalOnMissingBean
        LimitStore headgateLimitStore(LocalStore store) {
            return store;
        }

        @Bean
        @ConditionalOnMissingBean
        RuleStore headgateRuleStore() {
            return new LocalRuleStore();
        }
    }

    /** Where counts live when a Redis is configured, and while it fails. */
    @Configuration(proxyBeanMethods = false)
    @Conditional(OnRedisStoreCondition.class)
    static class InRedis {

        /**
         * A disconnected client is back soon after its server, and many are not back at the same moment. First, so that
         * an application's own customizers have the last word.
         */
        @Bean
        @Order(Ordered.HIGHEST_PRECEDENCE)
        ClientResourcesBuilderCustomizer headgateReconnectDelay() {
            return resources -> resources
                    .reconnectDelay(Delay.fullJitter(10, 500, 10, TimeUnit.MILLISECONDS))
                    .nettyCustomizer(new HandshakeLimit());
        }

        @Bean
        @ConditionalOnMissingBean
        SharedStore headgateSharedStore(
                HeadgateProperties properties,
                Environment environment,
                ConfigurableListableBeanFactory beans,
                ObjectProvider<RedisConnectionFactory> redis) {
            RedisSettings.refuseMasterAndReplicas(environment, beans);
            return new SharedStore(
                    properties, LettuceClient.of(redis.getIfAvailable(), StoreChoice.isFactoryOfBoot(beans)));
        }

        @Bean
        @ConditionalOnMissingBean
        LimitStore headgateLimitStore(SharedStore shared) {
            return shared.store();
        }

        @Bean
        @ConditionalOnMissingBean
        RuleStore headgateRuleStore(SharedStore shared) {
            return shared.rules();
        }
    }

    /** The limiter, useful without the filter. */
    @Configuration(proxyBeanMethods = false)
    static class Limiter {

        @Bean
        @ConditionalOnMissingBean
        BusiestKeys headgateBusiestKeys() {
            return new BusiestKeys();
        }

        @Bean
        @ConditionalOnMissingBean(ProviderRateLimiter.class)
        StoreRateLimiter headgateRateLimiter(
                HeadgateProperties properties,
                LimitStore store,
                RuleBook rules,
                BusiestKeys busiest,
                RuleStore ruleStore,
                ObjectProvider<MeterRegistry> registries) {
            MeterRegistry registry = registries.getIfUnique();
            DecisionListener log = busiest.then(new DenialLog(properties.logUserIds()));
            StoreRateLimiter limiter = new StoreRateLimiter(
                    store,
                    rules,
                    properties.maxWaiting(),
                    properties.maxWaitingPerKey(),
                    Schedulers.parallel(),
                    registry == null ? log : log.then(new DecisionMetrics(registry, rules.providerNames())));
            limiter.follow(ruleStore);
            var unused = Rehearsal.play();
            return limiter;
        }
    }

    /** The gateway's filter, and the check of its arguments. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBean(GatewayProperties.class)
    static class Filter {

        @Bean
        @ConditionalOnMissingBean(ProviderRateLimitGatewayFilterFactory.class)
        LimitingGatewayFilterFactory providerRateLimitGatewayFilterFactory(
                ProviderRateLimiter limiter,
                RuleBook rules,
                HeadgateProperties properties,
                SourcesCheck check,
                Map<String, KeyResolver> keyResolvers,
                DecisionObservation observation) {
            return new LimitingGatewayFilterFactory(
                    limiter,
                    KnownProviders.of(rules, properties.providers()),
                    new FilterDefaults(
                            properties.user().stream().map(UserSource::parse).toList(),
                            properties.tier().stream()
                                    .map(UserSource::parseVerified)
                                    .toList(),
                            properties.missingUser(),
                            properties.mode(),
                            properties.maxWait(),
                            properties.headers(),
                            properties.noRetryAbove()),
                    new SourceContext(properties.trustedHops(), keyResolvers, check::whyUnusable),
                    observation);
        }

        @Bean
        UpstreamLimitHeadersFilter headgateUpstreamLimitHeadersFilter() {
            return new UpstreamLimitHeadersFilter();
        }

        /** Only where there is a tracer: what an observation else would tell, the meters do for less. */
        @Bean
        @ConditionalOnMissingBean
        DecisionObservation headgateDecisionObservation(
                ListableBeanFactory beans, ObjectProvider<ObservationRegistry> registries) {
            ObservationRegistry registry = registries.getIfUnique();
            return registry == null || !isTraced(beans) ? DecisionObservation.NONE : new DecisionObservation(registry);
        }

        private static boolean isTraced(ListableBeanFactory beans) {
            String tracer = "io.micrometer.tracing.Tracer";
            ClassLoader loader = HeadgateAutoConfiguration.class.getClassLoader();
            return ClassUtils.isPresent(tracer, loader)
                    && beans.getBeanNamesForType(ClassUtils.resolveClassName(tracer, loader), true, false).length > 0;
        }

        @Bean
        RouteArguments headgateRouteArguments(LimitingGatewayFilterFactory factory, GatewayProperties gateway) {
            return new RouteArguments(factory, gateway);
        }

        @Bean
        SmartInitializingSingleton headgateRouteArgumentsCheck(RouteArguments arguments) {
            return arguments::checkConfigured;
        }

        @Bean
        static RouteDefinitionGuard headgateRouteDefinitionGuard(ObjectProvider<RouteArguments> arguments) {
            return new RouteDefinitionGuard(arguments::getObject);
        }
    }

    /** What operators see. */
    @Configuration(proxyBeanMethods = false)
    static class Visible {

        @Bean
        StoreView headgateStoreView(ObjectProvider<SharedStore> shared, ObjectProvider<LocalStore> local) {
            SharedStore inRedis = shared.getIfAvailable();
            return inRedis == null
                    ? new StoreView(null, local.getIfAvailable(), Instant.now())
                    : new StoreView(inRedis.store(), inRedis.local(), Instant.now());
        }

        @Configuration(proxyBeanMethods = false)
        @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
        static class InHealth {

            @Bean
            @ConditionalOnEnabledHealthIndicator("headgate")
            @ConditionalOnMissingBean(name = "headgateHealthIndicator")
            HealthIndicator headgateHealthIndicator(StoreView store) {
                return new StoreHealthIndicator(store);
            }
        }

        @Bean
        MeterBinder headgateMetrics(StoreView store, ObjectProvider<StoreRateLimiter> limiter) {
            return new StoreMetrics(store, limiter.getIfAvailable());
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
            SourcesCheck check = new SourcesCheck(environment, beans, properties.trustedHops());
            check.check(ConfiguredSource.defaults(properties));
            return check;
        }
    }
}
