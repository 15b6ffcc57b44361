package io.github.headgate.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.autoconfigure.StartUp;
import io.github.headgate.caller.UserSource;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.cloud.gateway.filter.ratelimit.KeyResolver;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.security.authentication.ReactiveAuthenticationManagerResolver;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import org.springframework.security.oauth2.server.resource.introspection.ReactiveOpaqueTokenIntrospector;
import reactor.core.publisher.Mono;

class SourcesCheckTest {

    @Test
    void claimStopsStartUpWhenNothingVerifiesTokens() {
        assertThat(StartUp.failure(
                        StartUp.runner().withPropertyValues("headgate.user=claim:sub", "headgate.tier=claim:plan")))
                .contains("for 2 reasons")
                .contains("Property: headgate.user[0]", "Value: \"claim:sub\"")
                .contains("Property: headgate.tier[0]", "Value: \"claim:plan\"")
                .contains("Reason: a claim is read from a verified token only, and nothing here verifies tokens")
                .contains("Allowed: claim:NAME where a ReactiveJwtDecoder, a ReactiveOpaqueTokenIntrospector or a"
                        + " ReactiveAuthenticationManagerResolver bean is there");
    }

    @Test
    void claimIsFineWhereAnythingVerifiesTokens() {
        ReactiveWebApplicationContextRunner claim = StartUp.runner().withPropertyValues("headgate.user=claim:sub");

        claim.withBean(ReactiveJwtDecoder.class, () -> token -> Mono.empty())
                .run(context -> assertThat(context).hasNotFailed());
        claim.withBean(ReactiveOpaqueTokenIntrospector.class, () -> token -> Mono.empty())
                .run(context -> assertThat(context).hasNotFailed());
        claim.withBean(ReactiveAuthenticationManagerResolver.class, () -> request -> Mono.empty())
                .run(context -> assertThat(context).hasNotFailed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "framework", "FRAMEWORK"})
    void ipStopsStartUpWhereForwardedHeadersReplaceTheAddress(String strategy) {
        ReactiveWebApplicationContextRunner rewriting =
                StartUp.runner().withPropertyValues("server.forward-headers-strategy=" + strategy);

        assertThat(StartUp.failure(rewriting.withPropertyValues("headgate.user=header:X-User-Id,ip")))
                .contains("Property: headgate.user[1]", "Value: \"ip\"")
                .contains(
                        "Reason: Spring Boot takes the caller's address from a forwarded header here, which any caller"
                                + " can write (server.forward-headers-strategy is " + strategy + ")")
                .contains("Allowed: ip where headgate.trusted-hops is the number of proxies in front, 1 or more, or"
                        + " where server.forward-headers-strategy is none");
        assertThat(StartUp.failure(rewriting.withPropertyValues("headgate.missing-user=ip")))
                .contains("Property: headgate.missing-user", "Value: \"ip\"");
        rewriting
                .withPropertyValues("headgate.missing-user=ip", "headgate.trusted-hops=1")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void ipStopsStartUpOnKubernetesWhichTurnsForwardedHeadersOn() {
        ReactiveWebApplicationContextRunner ip = onKubernetes().withPropertyValues("headgate.user=ip");

        assertThat(StartUp.failure(ip))
                .contains("Property: headgate.user[0]", "Value: \"ip\"")
                .contains("(server.forward-headers-strategy is not set, and this is KUBERNETES)");
        ip.withPropertyValues("server.forward-headers-strategy=none")
                .run(context -> assertThat(context).hasNotFailed());
        ip.withPropertyValues("headgate.trusted-hops=1")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void ipIsFineWhereTheAddressIsTheConnections() {
        StartUp.runner()
                .withPropertyValues("headgate.user=ip")
                .run(context -> assertThat(context).hasNotFailed());
        onKubernetes().run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void beanMustBeThereAndBeAKeyResolver() {
        ReactiveWebApplicationContextRunner beans = StartUp.runner()
                .withBean("byTeam", KeyResolver.class, () -> exchange -> Mono.just("team"))
                .withBean("other", String.class, () -> "other");

        assertThat(StartUp.failure(beans.withPropertyValues("headgate.user=bean:byTaem")))
                .contains("Property: headgate.user[0]", "Value: \"bean:byTaem\"")
                .contains("Reason: there is no bean \"byTaem\"", "Allowed: bean:NAME of a KeyResolver: byTeam");
        assertThat(StartUp.failure(beans.withPropertyValues("headgate.user=bean:other")))
                .contains("Reason: the bean \"other\" is no KeyResolver");
        assertThat(StartUp.failure(StartUp.runner().withPropertyValues("headgate.user=bean:byTeam")))
                .contains("Allowed: bean:NAME of a KeyResolver, and there is none");
        beans.withPropertyValues("headgate.user=bean:byTeam")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void saysOfAnySourceWhyItCannotBeUsed() {
        StartUp.runner().run(context -> {
            SourcesCheck sources = context.getBean(SourcesCheck.class);
            assertThat(sources.whyUnusable(UserSource.parse("bean:byTeam")))
                    .isEqualTo("there is no bean \"byTeam\"; allowed is bean:NAME of a KeyResolver, and there is none");
            assertThat(sources.whyUnusable(UserSource.parse("header:X-User-Id")))
                    .isNull();
            assertThat(sources.whyUnusable(UserSource.parse("principal"))).isNull();
            assertThat(sources.whyUnusable(UserSource.parse("ip"))).isNull();
        });
    }

    private static ReactiveWebApplicationContextRunner onKubernetes() {
        Map<String, Object> variables = Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1", "KUBERNETES_SERVICE_PORT", "443");
        return StartUp.runner()
                .withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .replace(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                                new SystemEnvironmentPropertySource(
                                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables)));
    }
}
