package io.github.headgate.sample.security;

import static org.springframework.security.web.server.util.matcher.ServerWebExchangeMatchers.pathMatchers;

import java.net.URI;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.security.autoconfigure.SecurityProperties;
import org.springframework.boot.security.autoconfigure.actuate.web.reactive.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.security.authentication.ReactiveAuthenticationManager;
import org.springframework.security.authentication.UserDetailsRepositoryReactiveAuthenticationManager;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.web.server.DelegatingServerAuthenticationEntryPoint;
import org.springframework.security.web.server.DelegatingServerAuthenticationEntryPoint.DelegateEntry;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.authentication.HttpStatusServerEntryPoint;
import org.springframework.security.web.server.authentication.RedirectServerAuthenticationEntryPoint;
import org.springframework.security.web.server.authentication.RedirectServerAuthenticationSuccessHandler;
import org.springframework.security.web.server.authentication.logout.RedirectServerLogoutSuccessHandler;
import org.springframework.security.web.server.context.NoOpServerSecurityContextRepository;
import org.springframework.security.web.server.firewall.ServerWebExchangeFirewall;
import org.springframework.security.web.server.savedrequest.NoOpServerRequestCache;
import org.springframework.security.web.server.util.matcher.AndServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.NegatedServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.OrServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatcher;

/** Lets only the operator, who is Boot's {@code spring.security.user}, reach the console and the endpoints. */
@Configuration(proxyBeanMethods = false)
@EnableWebFluxSecurity
@EnableConfigurationProperties(SecurityProperties.class)
class OperatorConfiguration {

    static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self';"
            + " connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    private static final String SIGN_IN = "/console/login";

    private static final Logger log = LoggerFactory.getLogger(OperatorConfiguration.class);

    /** Before the chain of the callers, whose tokens open nothing here. */
    @Bean
    @Order(0)
    SecurityWebFilterChain operators(ServerHttpSecurity http, SecurityProperties properties) {
        ReactiveAuthenticationManager operator = operator(properties.getUser());
        OperatorSession session = new OperatorSession();
        HttpStatusServerEntryPoint unauthorized = new HttpStatusServerEntryPoint(HttpStatus.UNAUTHORIZED);
        return http.securityMatcher(operatorsOnly())
                .authenticationManager(operator)
                .securityContextRepository(session)
                .requestCache(cache -> cache.requestCache(NoOpServerRequestCache.getInstance()))
                .csrf(csrf -> csrf.requireCsrfProtectionMatcher(BrowserWrite::matches))
                .headers(headers -> headers.contentSecurityPolicy(csp -> csp.policyDirectives(CONTENT_SECURITY_POLICY)))
                .authorizeExchange(paths -> paths.pathMatchers(SIGN_IN, "/console/console.css")
                        .permitAll()
                        .anyExchange()
                        .authenticated())
                .httpBasic(basic -> basic.authenticationManager(operator)
                        .securityContextRepository(NoOpServerSecurityContextRepository.getInstance())
                        .authenticationEntryPoint(unauthorized))
                .formLogin(form -> form.loginPage(SIGN_IN)
                        .authenticationManager(operator)
                        .securityContextRepository(session)
                        .authenticationSuccessHandler(new RedirectServerAuthenticationSuccessHandler("/console")))
                .logout(logout -> logout.requiresLogout(pathMatchers(HttpMethod.POST, "/console/logout"))
                        .logoutSuccessHandler(backToSignIn()))
                .exceptionHandling(errors -> errors.authenticationEntryPoint(entryPoint(unauthorized)))
                .build();
    }

    /** Everything that is the gateway's own, wherever it is moved to, except health. */
    private static ServerWebExchangeMatcher operatorsOnly() {
        return new AndServerWebExchangeMatcher(
                new OrServerWebExchangeMatcher(
                        pathMatchers("/actuator", "/actuator/**", "/console", "/console/**", "/webjars/**"),
                        EndpointRequest.toAnyEndpoint()),
                new NegatedServerWebExchangeMatcher(EndpointRequest.to("health")));
    }

    /** People are shown the sign-in; everything else is told 401, and never challenged. */
    private static DelegatingServerAuthenticationEntryPoint entryPoint(HttpStatusServerEntryPoint unauthorized) {
        DelegatingServerAuthenticationEntryPoint entryPoint = new DelegatingServerAuthenticationEntryPoint(
                new DelegateEntry(pathMatchers("/console"), new RedirectServerAuthenticationEntryPoint(SIGN_IN)));
        entryPoint.setDefaultEntryPoint(unauthorized);
        return entryPoint;
    }

    private static RedirectServerLogoutSuccessHandler backToSignIn() {
        RedirectServerLogoutSuccessHandler handler = new RedirectServerLogoutSuccessHandler();
        handler.setLogoutSuccessUrl(URI.create(SIGN_IN));
        return handler;
    }

    /** Not a bean, so that callers' tokens are not judged by it. Boot's own backs off where tokens can be verified. */
    private static ReactiveAuthenticationManager operator(SecurityProperties.User user) {
        String password = user.getPassword();
        if (user.isPasswordGenerated()) {
            log.warn(
                    "The console's user is \"{}\", with this password until the next start: {}",
                    user.getName(),
                    password);
        }
        return new UserDetailsRepositoryReactiveAuthenticationManager(
                new MapReactiveUserDetailsService(User.withUsername(user.getName())
                        .password(password.matches("^\\{.+}.*$") ? password : "{noop}" + password)
                        .roles(user.getRoles().toArray(String[]::new))
                        .build()));
    }

    /** Providers may be asked for paths that Spring Security would refuse, as they could before it was here. */
    @Bean
    ServerWebExchangeFirewall operatorFirewall() {
        return new OperatorFirewall();
    }
}
