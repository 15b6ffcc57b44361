package io.github.headgate.sample.security;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity.CsrfSpec;
import org.springframework.security.config.web.server.ServerHttpSecurity.HeaderSpec;
import org.springframework.security.config.web.server.ServerHttpSecurity.LogoutSpec;
import org.springframework.security.oauth2.server.resource.introspection.ReactiveOpaqueTokenIntrospector;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.savedrequest.NoOpServerRequestCache;

/**
 * Asks every caller for a bearer token that Boot's {@code spring.security.oauth2.resourceserver} settings can verify;
 * absent without such settings. Health answers everybody.
 */
@Configuration(proxyBeanMethods = false)
@EnableWebFluxSecurity
@Conditional(CallerTokenConfiguration.VerifierConfigured.class)
class CallerTokenConfiguration {

    @Bean
    SecurityWebFilterChain callersWithTokens(
            ServerHttpSecurity http, ObjectProvider<ReactiveOpaqueTokenIntrospector> introspector) {
        return http.csrf(CsrfSpec::disable)
                .logout(LogoutSpec::disable)
                // They would stand on the providers' answers.
                .headers(HeaderSpec::disable)
                .requestCache(cache -> cache.requestCache(NoOpServerRequestCache.getInstance()))
                .authorizeExchange(paths -> paths.pathMatchers("/actuator/health", "/actuator/health/**")
                        .permitAll()
                        .anyExchange()
                        .authenticated())
                .oauth2ResourceServer(server -> {
                    if (introspector.getIfAvailable() == null) {
                        server.jwt(Customizer.withDefaults());
                    } else {
                        server.opaqueToken(Customizer.withDefaults());
                    }
                })
                .build();
    }

    @Bean
    CallerTokenFilter callerTokenFilter() {
        return new CallerTokenFilter();
    }

    /** Whether anything under {@code spring.security.oauth2.resourceserver} is set. */
    static final class VerifierConfigured implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return Binder.get(context.getEnvironment())
                    .bind("spring.security.oauth2.resourceserver", Bindable.mapOf(String.class, Object.class))
                    .isBound();
        }
    }
}
