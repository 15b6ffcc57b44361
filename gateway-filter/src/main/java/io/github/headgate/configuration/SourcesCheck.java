package io.github.headgate.configuration;

import io.github.headgate.caller.UserSource;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.cloud.gateway.filter.ratelimit.KeyResolver;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/** Checks that what users and tiers are read from can be had, and trusted, in this application. */
public final class SourcesCheck {

    private static final String FORWARD_HEADERS = "server.forward-headers-strategy";
    private static final List<String> TOKEN_VERIFIERS = List.of(
            "org.springframework.security.oauth2.jwt.ReactiveJwtDecoder",
            "org.springframework.security.oauth2.server.resource.introspection.ReactiveOpaqueTokenIntrospector",
            "org.springframework.security.authentication.ReactiveAuthenticationManagerResolver");

    private final Environment environment;
    private final ListableBeanFactory beans;
    private final int trustedHops;

    /** @param trustedHops the proxies in front whose X-Forwarded-For entry is believed, 0 or more */
    public SourcesCheck(Environment environment, ListableBeanFactory beans, int trustedHops) {
        this.environment = environment;
        this.beans = beans;
        this.trustedHops = trustedHops;
    }

    /**
     * Checks sources.
     *
     * @throws InvalidConfigurationException if one cannot be used here; it names every one that cannot
     */
    public void check(List<ConfiguredSource> sources) {
        Problems problems = new Problems();
        for (ConfiguredSource source : sources) {
            Unusable unusable = unusable(source.source());
            if (unusable != null) {
                problems.add(source.path(), source.source(), unusable.reason(), unusable.allowed());
            }
        }
        problems.throwIfAny();
    }

    /** Why a source cannot be used here, and what can; null when it can. */
    public @Nullable String whyUnusable(UserSource source) {
        Unusable unusable = unusable(source);
        return unusable == null ? null : unusable.reason() + "; allowed is " + unusable.allowed();
    }

    private @Nullable Unusable unusable(UserSource source) {
        if (source instanceof UserSource.Claim) {
            return unusableClaim();
        }
        if (source instanceof UserSource.Ip) {
            return unusableIp();
        }
        return source instanceof UserSource.Bean bean ? unusableBean(bean.name()) : null;
    }

    private @Nullable Unusable unusableClaim() {
        return TOKEN_VERIFIERS.stream().anyMatch(this::hasBean)
                ? null
                : new Unusable(
                        "a claim is read from a verified token only, and nothing here verifies tokens",
                        "claim:NAME where a ReactiveJwtDecoder, a ReactiveOpaqueTokenIntrospector or a"
                                + " ReactiveAuthenticationManagerResolver bean is there, for example by"
                                + " spring.security.oauth2.resourceserver.jwt.issuer-uri and"
                                + " spring-boot-starter-oauth2-resource-server");
    }

    private boolean hasBean(String className) {
        ClassLoader loader = getClass().getClassLoader();
        return ClassUtils.isPresent(className, loader)
                && beans.getBeanNamesForType(ClassUtils.resolveClassName(className, loader), true, false).length > 0;
    }

    private @Nullable Unusable unusableIp() {
        String why = trustedHops > 0 ? null : whyAddressesAreRewritten();
        return why == null
                ? null
                : new Unusable(
                        "Spring Boot takes the caller's address from a forwarded header here, which any caller can write"
                                + " (" + why + ')',
                        "ip where headgate.trusted-hops is the number of proxies in front, 1 or more, or where "
                                + FORWARD_HEADERS + " is none");
    }

    /** The setting by which Boot lets forwarded headers replace a caller's address; null when it does not. */
    private @Nullable String whyAddressesAreRewritten() {
        String strategy = environment.getProperty(FORWARD_HEADERS);
        if (strategy == null || strategy.isBlank()) {
            CloudPlatform platform = CloudPlatform.getActive(environment);
            return platform != null && platform.isUsingForwardHeaders()
                    ? FORWARD_HEADERS + " is not set, and this is " + platform
                    : null;
        }
        return strategy.trim().toLowerCase(Locale.ROOT).equals("none") ? null : FORWARD_HEADERS + " is " + strategy;
    }

    private @Nullable Unusable unusableBean(String name) {
        boolean there = beans.containsBean(name);
        if (there && beans.isTypeMatch(name, KeyResolver.class)) {
            return null;
        }
        String[] resolvers = beans.getBeanNamesForType(KeyResolver.class, true, false);
        return new Unusable(
                there ? "the bean \"" + name + "\" is no KeyResolver" : "there is no bean \"" + name + '"',
                resolvers.length == 0
                        ? "bean:NAME of a KeyResolver, and there is none"
                        : "bean:NAME of a KeyResolver: " + String.join(", ", resolvers));
    }

    private record Unusable(String reason, String allowed) {}
}
