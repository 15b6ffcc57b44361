package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.caller.MissingUser;
import io.github.headgate.configuration.HeadgateProperties;
import io.github.headgate.configuration.HeadgateProperties.Store;
import io.github.headgate.failover.OnFailure;
import io.github.headgate.failover.StoreView;
import io.github.headgate.filter.Mode;
import io.github.headgate.rules.RuleBook;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import reactor.core.publisher.Mono;

@ExtendWith(OutputCaptureExtension.class)
class HeadgateAutoConfigurationTest {

    private static final Rule DEFAULT_RULE = Rule.of(60, 1_000, 10_000, 10);

    @Test
    void everythingHasADefault() {
        StartUp.runner().run(context -> {
            HeadgateProperties properties = context.getBean(HeadgateProperties.class);
            assertThat(properties.enabled()).isTrue();
            assertThat(properties.store()).isEqualTo(Store.AUTO);
            assertThat(properties.keyPrefix()).isEqualTo("rate_limit");
            assertThat(properties.user()).containsExactly("header:X-User-Id");
            assertThat(properties.tier()).isEmpty();
            assertThat(properties.missingUser()).isEqualTo(MissingUser.SHARED);
            assertThat(properties.trustedHops()).isZero();
            assertThat(properties.mode()).isEqualTo(Mode.REJECT);
            assertThat(properties.maxWait()).hasSeconds(30);
            assertThat(properties.maxWaiting()).isEqualTo(10_000);
            assertThat(properties.maxWaitingPerKey()).isEqualTo(100);
            assertThat(properties.headers()).isTrue();
            assertThat(properties.noRetryAbove()).hasSeconds(60);
            assertThat(properties.defaultRuleOrBuiltIn()).isEqualTo(DEFAULT_RULE);
            assertThat(properties.redis().timeout()).hasMillis(100);
            assertThat(properties.redis().onFailure()).isEqualTo(OnFailure.LOCAL);
            assertThat(properties.redis().expectedGateways()).isEqualTo(1);
            assertThat(properties.local().maxKeys()).isEqualTo(100_000);
            RuleBook rules = context.getBean(RuleBook.class);
            assertThat(rules.ruleFor(Key.of("claude", "alice"), null)).isEqualTo(Rule.of(50, 2_000, 30_000, 10));
            assertThat(rules.ruleFor(Key.of("other", "alice"), null)).isEqualTo(DEFAULT_RULE);
        });
    }

    @Test
    void everythingCanBeConfigured() {
        StartUp.runner("""
                        headgate:
                          store: local
                          key-prefix: limits
                          user: [ "claim:sub", "header:X-User-Id" ]
                          tier: [ "claim:plan" ]
                          missing-user: deny
                          trusted-hops: 2
                          mode: wait
                          max-wait: 20s
                          max-waiting: 5
                          max-waiting-per-key: 4
                          headers: false
                          no-retry-above: 10s
                          default-rule: { requests-per-hour: 9 }
                          providers:
                            openai: { requests-per-minute: 61, dialect: problem }
                            claude: { dialect: openai }
                          tiers:
                            free: { requests-per-minute: 10, requests-per-hour: 500, requests-per-day: 5000, burst-capacity: 5, providers: { openai: { requests-per-minute: 5 } } }
                          users:
                            premium_user: { requests-per-minute: 100, requests-per-hour: 5000, requests-per-day: 50000, burst-capacity: 30 }
                            alice: { tier: free, providers: { claude: { requests-per-minute: 2 } } }
                            "[auth0|42]": { tier: free }
                          redis: { timeout: 50ms, on-failure: allow, expected-gateways: 3 }
                          local: { max-keys: 7 }
                        """)
                .withBean(ReactiveJwtDecoder.class, () -> token -> Mono.empty())
                .run(context -> {
                    HeadgateProperties properties = context.getBean(HeadgateProperties.class);
                    assertThat(properties.store()).isEqualTo(Store.LOCAL);
                    assertThat(properties.keyPrefix()).isEqualTo("limits");
                    assertThat(properties.user()).containsExactly("claim:sub", "header:X-User-Id");
                    assertThat(properties.tier()).containsExactly("claim:plan");
                    assertThat(properties.missingUser()).isEqualTo(MissingUser.DENY);
                    assertThat(properties.trustedHops()).isEqualTo(2);
                    assertThat(properties.mode()).isEqualTo(Mode.WAIT);
                    assertThat(properties.maxWait()).hasSeconds(20);
                    assertThat(properties.maxWaiting()).isEqualTo(5);
                    assertThat(properties.maxWaitingPerKey()).isEqualTo(4);
                    assertThat(properties.headers()).isFalse();
                    assertThat(properties.noRetryAbove()).hasSeconds(10);
                    assertThat(properties.redis().timeout()).hasMillis(50);
                    assertThat(properties.redis().onFailure()).isEqualTo(OnFailure.ALLOW);
                    assertThat(properties.redis().expectedGateways()).isEqualTo(3);
                    assertThat(properties.local().maxKeys()).isEqualTo(7);
                    RuleBook rules = context.getBean(RuleBook.class);
                    assertThat(rules.dialect("openai")).isEqualTo("problem");
                    assertThat(rules.dialect("claude")).isEqualTo("openai");
                    assertThat(rules.lines())
                            .containsExactly(
                                    "default: 9/h",
                                    "provider claude (openai): 50/min 2000/h 30000/day burst 10",
                                    "provider deepinfra (openai): 30/min 1000/h 20000/day burst 10",
                                    "provider deepseek (openai): 50/min 2000/h 40000/day burst 15",
                                    "provider glm (openai): 60/min 3000/h 50000/day burst 20",
                                    "provider openai (problem): 61/min",
                                    "tier free: 10/min 500/h 5000/day burst 5",
                                    "tier free at openai: 5/min",
                                    "user alice at claude: 2/min",
                                    "user alice: tier free",
                                    "user auth0|42: tier free",
                                    "user premium_user: 100/min 5000/h 50000/day burst 30");
                    assertThat(rules.ruleFor(Key.of("glm", "auth0|42"), null)).isEqualTo(Rule.of(10, 500, 5_000, 5));
                });
    }

    @Test
    void startUpLogsTheStoreAndTheRulesInForce(CapturedOutput output) {
        StartUp.runner()
                .run(context -> assertThat(output)
                        .contains("Headgate store: local (no Redis is configured)")
                        .contains("Headgate rule: default: 60/min 1000/h 10000/day burst 10")
                        .contains("Headgate rule: provider openai (openai): 60/min 3500/h 100000/day burst 20")
                        .doesNotContain("can never bind"));
    }

    @Test
    void configuredLimitThatCanNeverBindIsOneWarning(CapturedOutput output) {
        StartUp.runner()
                .withPropertyValues(
                        "headgate.users[auth0|42].providers.openai.requests-per-hour=10",
                        "headgate.users[auth0|42].providers.openai.requests-per-day=5000")
                .run(context -> assertThat(output)
                        .containsOnlyOnce("can never bind")
                        .contains("WARN")
                        .contains("headgate.users[auth0|42].providers.openai.requests-per-day 5000 can never bind:"
                                + " requests-per-hour 10 admits at most 240 in a day"));
    }

    @Test
    void withoutTheActuatorThereIsNoEndpointAndNoFailure() {
        StartUp.runner()
                .withConfiguration(AutoConfigurations.of(HeadgateEndpointAutoConfiguration.class))
                .withPropertyValues("management.endpoints.web.exposure.include=*")
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(StoreView.class)
                        .doesNotHaveBean("rateLimitsEndpoint"));
    }

    @Test
    void applicationMayBringARuleBookOfItsOwn() {
        RuleBook own = RuleBook.builder(DEFAULT_RULE).build();

        StartUp.runner()
                .withBean(RuleBook.class, () -> own)
                .run(context -> assertThat(context.getBean(RuleBook.class)).isSameAs(own));
    }

    @Test
    void switchedOffItIsNotThere() {
        StartUp.runner()
                .withPropertyValues("headgate.enabled=false", "headgate.max-wait=61s")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(HeadgateProperties.class)
                        .doesNotHaveBean(RuleBook.class));
    }

    @Test
    void applicationThatCannotStartSaysWhyWithoutAStackTrace(CapturedOutput output) {
        startInVain("--headgate.mode=hold");

        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("Property: headgate.mode", "Value: \"hold\"", "Allowed: reject, wait")
                .doesNotContain("\tat ");
    }

    @Test
    void misspeltOffSwitchIsSaidBeforeThereIsAnApplicationContext(CapturedOutput output) {
        startInVain("--headgate.enabled=flase", "--REDIS_URL=redis://somewhere");

        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("Property: headgate.enabled", "Value: \"flase\"", "Allowed: true or false")
                .doesNotContain("\tat ");
    }

    private static void startInVain(String... arguments) {
        SpringApplication application = new SpringApplication(Application.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setBannerMode(Banner.Mode.OFF);

        assertThatThrownBy(() -> application.run(arguments)).isNotNull();
    }

    @ImportAutoConfiguration(HeadgateAutoConfiguration.class)
    static class Application {}
}
