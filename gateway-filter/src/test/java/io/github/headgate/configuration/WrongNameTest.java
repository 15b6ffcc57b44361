package io.github.headgate.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.autoconfigure.StartUp;
import io.github.headgate.filter.Mode;
import io.github.headgate.rules.RuleBook;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** A key that binding would ignore or alter stops start-up. */
class WrongNameTest {

    @Test
    void misspeltProperty() {
        assertThat(StartUp.failure(StartUp.runner("""
                headgate:
                  moed: wait
                """))).isEqualTo("""
                        Headgate cannot start with this configuration:

                            Property: headgate.moed
                            Value: "wait"
                            Origin: application.yaml - 2:9
                            Reason: there is no property "moed" under headgate
                            Allowed: enabled, store, key-prefix, user, tier, missing-user, trusted-hops, mode, max-wait, \
                        max-waiting, max-waiting-per-key, headers, no-retry-above, log-user-ids, default-rule, providers, tiers, users, \
                        redis, local""");
    }

    @ParameterizedTest
    @CsvSource({
        "headgate.redis.time-out-after=1s, time-out-after, headgate.redis, 'timeout, on-failure, expected-gateways'",
        "headgate.users.alice.tierr=free, tierr, headgate.users.alice, 'requests-per-minute, requests-per-hour,"
                + " requests-per-day, burst-capacity, tier, providers'",
        "headgate.providers.openai.request-per-minute=1, request-per-minute, headgate.providers.openai,"
                + " 'requests-per-minute, requests-per-hour, requests-per-day, burst-capacity, dialect, shadow'",
        "headgate.users.alice.providers.claude.tier=free, tier, headgate.users.alice.providers.claude,"
                + " 'requests-per-minute, requests-per-hour, requests-per-day, burst-capacity'",
    })
    void misspeltPropertyFurtherDown(String property, String misspelt, String under, String allowed) {
        assertThat(StartUp.failure(StartUp.runner().withPropertyValues(property)))
                .contains("Property: " + property.substring(0, property.indexOf('=')))
                .contains("Reason: there is no property \"" + misspelt + "\" under " + under)
                .endsWith("Allowed: " + allowed);
    }

    @Test
    void propertyBelowAPlainValue() {
        assertThat(StartUp.failure(StartUp.runner().withPropertyValues("headgate.mode.wait=true")))
                .contains(
                        "Property: headgate.mode.wait", "Reason: there is no such property", "Allowed: headgate.mode");
    }

    @Test
    void valueWherePropertiesBelong() {
        assertThat(StartUp.failure(StartUp.runner().withPropertyValues("headgate.providers.openai=60")))
                .contains("Property: headgate.providers.openai", "Value: \"60\"")
                .contains("Reason: it has properties below it, not a value");
        assertThat(StartUp.failure(StartUp.runner().withPropertyValues("headgate.tiers=free")))
                .contains("Property: headgate.tiers", "Reason: it has names below it, not a value");
    }

    @ParameterizedTest
    @CsvSource({"auth0|42", "john.doe", "john@example.com", "a b", "a+b", "ü", "a:b", "a/b", "-a"})
    void idThatBindingWouldAlter(String id) {
        String yaml = """
                headgate:
                  tiers: { free: { requests-per-minute: 1 } }
                  users:
                    "%s": { tier: free }
                """.formatted(id);

        assertThat(StartUp.failure(StartUp.runner(yaml)))
                .contains("Property: headgate.users." + id + ".tier", "Value: \"free\"")
                .contains("Reason: binding would alter the name \"" + id
                        + "\": outside brackets only letters, digits, \"_\" and, not in front, \"-\" stay")
                .contains("Allowed: the name in brackets, \"[" + id + "]\" in YAML, headgate.users[" + id
                        + "] elsewhere");
    }

    @ParameterizedTest
    @CsvSource({"0042, 34", "1_000, 1000", "1.50, 1.5", "yes, true", "12:30, 750"})
    void idThatYamlMakesSomethingElseOf(String written, String made) {
        String yaml = """
                headgate:
                  users:
                    %s: { requests-per-minute: 34 }
                """.formatted(written);

        assertThat(StartUp.failure(StartUp.runner(yaml)))
                .contains("Property: headgate.users[" + made + "].requests-per-minute", "Value: \"34\"")
                .contains("Reason: YAML has made the name \"" + made + "\" of what is written without quotes")
                .contains("Allowed: the name in quotes, as in \"0042\", \"1_000\" or \"yes\"");
        assertBound("\"" + written.replaceAll("(.*[.:].*)", "[$1]") + '"', written);
    }

    @Test
    void idInBracketsWithoutQuotes() {
        assertThat(StartUp.failure(StartUp.runner("headgate.users: { [auth0|42]: { requests-per-minute: 1 } }")))
                .contains("Reason: YAML takes brackets without quotes for a list")
                .contains("Allowed: the name in brackets and quotes, \"[auth0|42]\"");
    }

    @ParameterizedTest
    @CsvSource({"42", "1000", "-7", "1.5", "true"})
    void idThatYamlLeavesAsItIsNeedsNoQuotes(String id) {
        assertBound(id, id);
    }

    @ParameterizedTest
    @CsvSource({"auth0|42", "john.doe", "john@example.com", "a b", "ü", "a:b", "a/b", "42", "premium_user", "Alice-B"})
    void idInBracketsIsTheUsers(String id) {
        assertBound("\"[" + id + "]\"", id);
    }

    @ParameterizedTest
    @CsvSource({"premium_user", "Alice", "ALICE_B", "_a", "_-a", "a-", "42", "9a", "a-b_C"})
    void plainIdNeedsNoBrackets(String id) {
        assertBound('"' + id + '"', id);
    }

    private static void assertBound(String written, String id) {
        String yaml = """
                headgate:
                  users:
                    %s: { requests-per-minute: 7, providers: { claude: { requests-per-minute: 2 } } }
                """.formatted(written);

        StartUp.runner(yaml)
                .run(context -> assertThat(context.getBean(HeadgateProperties.class)
                                .users()
                                .keySet())
                        .containsExactly(id));
    }

    @ParameterizedTest
    @CsvSource({"Alice, alice", "ab, a_b", "a-b, ab", "[Alice], Alice"})
    void idsThatBindingCannotTellApart(String first, String second) {
        String yaml = """
                headgate:
                  users:
                    "%s": { requests-per-minute: 1 }
                    "%s": { requests-per-minute: 2 }
                """.formatted(first, second);

        assertThat(StartUp.failure(StartUp.runner(yaml)))
                .contains("Property: headgate.users", ".requests-per-minute")
                .contains("Reason: binding cannot tell the name ")
                .contains("outside brackets it ignores case, \"-\" and \"_\"")
                .contains("Allowed: both names in brackets");
    }

    @Test
    void idsThatLookAlikeAreToldApartInBrackets() {
        StartUp.runner("""
                headgate:
                  users:
                    "[Alice]": { requests-per-minute: 1, requests-per-day: 3 }
                    "[alice]": { requests-per-minute: 2, requests-per-day: 4 }
                """)
                .run(context -> assertThat(context.getBean(RuleBook.class).lines())
                        .contains("user Alice: 1/min 3/day", "user alice: 2/min 4/day"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"headgate:", "headgate: { redis: , local: }", "headgate: { users: , tiers: { } , providers: }"})
    void sectionWithEverythingCommentedOutDoesNoHarm(String yaml) {
        StartUp.runner(yaml).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context.getBean(HeadgateProperties.class).redis().timeout())
                    .hasMillis(100);
        });
    }

    @Test
    void relaxedFormsOfANameAreTheSameName() {
        StartUp.runner()
                .withPropertyValues(
                        "headgate.maxWait=5s", "headgate.no_retry_above=6s", "headgate.defaultRule.requestsPerDay=7")
                .run(context -> {
                    HeadgateProperties properties = context.getBean(HeadgateProperties.class);
                    assertThat(properties.maxWait()).hasSeconds(5);
                    assertThat(properties.noRetryAbove()).hasSeconds(6);
                    assertThat(properties.defaultRuleOrBuiltIn()).hasToString("7/day");
                });
    }

    @Test
    void environmentVariablesThatAnOrchestratorInventsDoNoHarm() {
        withVariables(Map.of(
                        "HEADGATE_PORT", "tcp://10.0.0.1:8080",
                        "HEADGATE_SERVICE_HOST", "10.0.0.1",
                        "HEADGATE_MODE", "wait"))
                .run(context -> assertThat(
                                context.getBean(HeadgateProperties.class).mode())
                        .isEqualTo(Mode.WAIT));
    }

    @Test
    void emptyEnvironmentVariableIsNoValue() {
        assertThat(StartUp.failure(withVariables(Map.of("HEADGATE_HEADERS", ""))))
                .contains("Property: headgate.headers", "Reason: it has no value", "Allowed: true or false");
    }

    @Test
    void otherApplicationsPropertiesAreNotLookedAt() {
        StartUp.runner()
                .withPropertyValues("headgates.moed=1", "my.headgate.moed=1", "headgatemoed=1")
                .run(context -> assertThat(context).hasNotFailed());
    }

    private static ReactiveWebApplicationContextRunner withVariables(Map<String, Object> variables) {
        return StartUp.runner()
                .withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment", variables)));
    }
}
