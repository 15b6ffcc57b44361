package io.github.headgate.autoconfigure;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.cloud.gateway.filter.ratelimit.KeyResolver;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/** Checks that what users and tiers are read from can be had, and trusted, in this application. */
final class SourcesCheck {

    private static final String FORWARD_HEADERS = "server.forward-headers-strategy";
    private static final List<String> TOKEN_VERIFIERS = List.of(
            "org.springframework.security.oauth2.jwt.ReactiveJwtDecoder",
            "org.springframework.security.oauth2.server.resource.introspection.ReactiveOpaqueTokenIntrospector",
            "org.springframework.security.authentication.ReactiveAuthenticationManagerResolver");

    private final Environment environment;
    private final ListableBeanFactory beans;
    private final int trustedHops;

    /** @param trustedHops the proxies in front whose X-Forwarded-For entry is believed, 0 or more */
    SourcesCheck(Environment environment, ListableBeanFactory beans, int trustedHops) {
        this.environment = environment;
        this.beans = beans;
        this.trustedHops = trustedHops;
    }

    /** @throws InvalidConfigurationException if a source cannot be used; it names every one */
    void check(List<ConfiguredSource> sources) {
        Problems problems = new Problems();
        for (ConfiguredSource source : sources) {
            if (source.is("claim")) {
                checkClaim(source, problems);
            } else if (source.is("ip")) {
                checkIp(source, problems);
            } else if (source.is("bean")) {
                checkBean(source, problems);
            }
        }
        problems.throwIfAny();
    }

    private void checkClaim(ConfiguredSource source, Problems problems) {
        if (TOKEN_VERIFIERS.stream().noneMatch(this::hasBean)) {
            problems.add(
                    source.path(),
                    source.text(),
                    "a claim is read from a verified token only, and nothing here verifies tokens",
                    "claim:NAME where a ReactiveJwtDecoder, a ReactiveOpaqueTokenIntrospector or a"
                            + " ReactiveAuthenticationManagerResolver bean is there, for example by"
                            + " spring.security.oauth2.resourceserver.jwt.issuer-uri and"
                            + " spring-boot-starter-oauth2-resource-server");
        }
    }

    private boolean hasBean(String className) {
        ClassLoader loader = getClass().getClassLoader();
        return ClassUtils.isPresent(className, loader)
                && beans.getBeanNamesForType(ClassUtils.resolveClassName(className, loader), true, false).length > 0;
    }

    private void checkIp(ConfiguredSource source, Problems problems) {
        String why = whyAddressesAreRewritten();
        if (why != null && trustedHops == 0) {
            problems.add(
                    source.path(),
                    source.text(),
                    "Spring Boot takes the caller's address from a forwarded header here, which any caller can write ("
                            + why + ')',
                    "ip where headgate.trusted-hops is the number of proxies in front, 1 or more, or where "
                            + FORWARD_HEADERS + " is none");
        }
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

    private void checkBean(ConfiguredSource source, Problems problems) {
        String name = source.name();
        if (beans.containsBean(name) && beans.isTypeMatch(name, KeyResolver.class)) {
            return;
        }
        String[] resolvers = beans.getBeanNamesForType(KeyResolver.class, true, false);
        problems.add(
                source.path(),
                source.text(),
                beans.containsBean(name)
                        ? "the bean \"" + name + "\" is no KeyResolver"
                        : "there is no bean \"" + name + '"',
                resolvers.length == 0
                        ? "bean:NAME of a KeyResolver, and there is none"
                        : "bean:NAME of a KeyResolver: " + String.join(", ", resolvers));
    }
}
