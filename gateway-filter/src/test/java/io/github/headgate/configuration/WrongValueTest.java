package io.github.headgate.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.autoconfigure.StartUp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every wrong value stops start-up, and the user is told the property, the value, the reason and what is allowed. */
class WrongValueTest {

    private static final String WHOLE = "a whole number from 1 to 2147483647";

    @Test
    void zeroLimit() {
        assertThat(failure("headgate.providers.openai.requests-per-minute=0")).isEqualTo("""
                        Headgate cannot start with this configuration:

                            Property: headgate.providers.openai.requests-per-minute
                            Value: "0"
                            Origin: "headgate.providers.openai.requests-per-minute" from property source "test"
                            Reason: it is too small
                            Allowed: a whole number from 1 to 2147483647""");
    }

    @ParameterizedTest
    @CsvSource({
        "requests-per-minute, -1,         it is too small, 2147483647",
        "requests-per-hour,   0,          it is too small, 2147483647",
        "requests-per-day,    -2147483648, it is too small, 2147483647",
        "requests-per-minute, 2147483648, 'it is no number, or one out of range', 2147483647",
        "requests-per-hour,   99999999999999999999, 'it is no number, or one out of range', 2147483647",
        "requests-per-day,    many,       'it is no number, or one out of range', 2147483647",
        "requests-per-day,    1.5,        'it is no number, or one out of range', 2147483647",
    })
    void limitThatIsNoPositiveNumber(String property, String value, String reason, String most) {
        for (String rule : new String[] {"default-rule", "providers.glm", "tiers.free", "users.alice"}) {
            String path = "headgate." + rule + '.' + property;

            assertThat(failure(path + '=' + value))
                    .contains("Property: " + path, "Value: \"" + value + '"', "Reason: " + reason)
                    .contains("Allowed: a whole number from 1 to " + most);
        }
    }

    @Test
    void limitBelowAUserAtAProvider() {
        assertWrong("headgate.users[auth0|42].providers.claude.requests-per-minute", "0", "it is too small", WHOLE);
    }

    @Test
    void limitWithoutAValue() {
        assertWrong("headgate.providers.glm.requests-per-minute", "", "it has no value", WHOLE);
    }

    @Test
    void limitWithoutAValueInYaml() {
        assertThat(StartUp.failure(StartUp.runner("""
                headgate:
                  providers:
                    glm:
                      requests-per-minute:
                """)))
                .contains("Property: headgate.providers.glm.requests-per-minute", "Reason: it has no value");
    }

    @Test
    void burstAboveItsRange() {
        assertThat(failure(
                        "headgate.default-rule.requests-per-minute=1",
                        "headgate.default-rule.burst-capacity=100000001"))
                .contains("Property: headgate.default-rule.burst-capacity", "Value: \"100000001\"")
                .contains("Reason: it is too large", "Allowed: a whole number from 1 to 100000000");
    }

    @Test
    void burstBeyondEveryNumber() {
        assertWrong(
                "headgate.default-rule.burst-capacity",
                "9999999999",
                "it is no number, or one out of range",
                "a whole number from 1 to 100000000");
    }

    @Test
    void burstWithoutAWindow() {
        assertWrong(
                "headgate.providers.openai.burst-capacity",
                "20",
                "a burst is refilled at the rate of a window, and this rule has none",
                "at least one of requests-per-minute, requests-per-hour and requests-per-day beside it");
    }

    @Test
    void unknownTier() {
        assertThat(failure("headgate.tiers.free.requests-per-minute=1", "headgate.users.alice.tier=gold"))
                .contains("Property: headgate.users.alice.tier", "Value: \"gold\"")
                .contains("Reason: there is no such tier", "Allowed: free");
        assertWrong(
                "headgate.users.alice.tier",
                "gold",
                "there is no such tier",
                "none, until there are tiers under headgate.tiers");
    }

    @Test
    void userWithBothARuleAndATier() {
        assertThat(failure(
                        "headgate.tiers.free.requests-per-minute=1",
                        "headgate.users.alice.tier=free",
                        "headgate.users.alice.requests-per-day=9"))
                .contains("Property: headgate.users.alice.tier", "Value: \"free\"")
                .contains("Reason: the user has limits of his own as well")
                .contains("Allowed: either limits or a tier; limits at single providers go with both");
    }

    @Test
    void userWithNothing() {
        assertThat(StartUp.failure(StartUp.runner("headgate.users: { alice: { } }")))
                .contains("Property: headgate.users.alice", "Reason: it has properties below it, not a value")
                .contains("Allowed: properties below it: requests-per-minute, requests-per-hour, requests-per-day,"
                        + " burst-capacity, tier, providers");
    }

    @Test
    void unknownProviderBelowAUserOrATier() {
        assertThat(failure("headgate.users.alice.providers.clade.requests-per-minute=1"))
                .contains("Property: headgate.users.alice.providers.clade", "Value: \"clade\"")
                .contains("Reason: there is no such provider")
                .contains("Allowed: glm, deepseek, claude, openai, deepinfra; others once they are named under"
                        + " headgate.providers");
        assertThat(failure("headgate.tiers.free.providers.clade.requests-per-minute=1"))
                .contains("Property: headgate.tiers.free.providers.clade");
    }

    @Test
    void malformedProviderName() {
        assertWrong(
                "headgate.providers[Open AI].requests-per-minute",
                "1",
                "headgate.providers[Open AI]",
                "Open AI",
                "it is no name for a provider",
                "a lower-case letter or digit, then lower-case letters, digits, dots, underscores and hyphens");
    }

    @Test
    void unknownDialect() {
        assertWrong(
                "headgate.providers.openai.dialect",
                "gemini",
                "there is no such dialect",
                "openai, anthropic, problem");
    }

    @ParameterizedTest
    @CsvSource({
        "mode,             hold,   'reject, wait'",
        "store,            etcd,   'auto, redis, local'",
        "missing-user,     refuse, 'shared, deny, ip'",
        "redis.on-failure, panic,  'local, allow, deny'",
    })
    void unknownChoice(String property, String value, String allowed) {
        assertWrong("headgate." + property, value, "there is no such choice", allowed);
        assertWrong("headgate." + property, "", "it has no value", allowed);
    }

    @ParameterizedTest
    @CsvSource({
        "max-wait,             -1s,   it is too small, 'a duration from 0s to 60s, for example 500ms, 20s or 1m'",
        "max-wait,             61s,   it is too large, 'a duration from 0s to 60s, for example 500ms, 20s or 1m'",
        "redis.timeout,        0s,    it is too small, 'a duration from 1ms to 60s, for example 500ms, 20s or 1m'",
        "no-retry-above,       -1s,   it is too small, 'a duration from 0s to 31536000s, for example 500ms, 20s or 1m'",
        "trusted-hops,         -1,    it is too small, a whole number from 0 to 2147483647",
        "max-waiting,          0,     it is too small, a whole number from 1 to 2147483647",
        "max-waiting-per-key,  0,     it is too small, a whole number from 1 to 2147483647",
        "local.max-keys,       0,     it is too small, a whole number from 1 to 2147483647",
        "redis.expected-gateways, 0,  it is too small, a whole number from 1 to 2147483647",
        "trusted-hops,         '',    it has no value, a whole number from 0 to 2147483647",
        "headers,              '',    it has no value, true or false",
        "max-wait,             '',    it has no value, 'a duration, for example 500ms, 20s or 1m'",
    })
    void numberOrDurationOutOfRange(String property, String value, String reason, String allowed) {
        assertWrong("headgate." + property, value, reason, allowed);
    }

    @Test
    void durationThatIsNone() {
        assertWrong(
                "headgate.max-wait",
                "soon",
                "'soon' is not a valid duration",
                "a duration, for example 500ms, 20s or 1m");
    }

    @Test
    void choiceBetweenTrueAndFalseThatIsNeither() {
        assertWrong("headgate.headers", "ture", "Invalid boolean value 'ture'", "true or false");
        assertWrong("headgate.enabled", "ture", "Invalid boolean value 'ture'", "true or false");
    }

    @ParameterizedTest
    @CsvSource({"X-User-Id", "header:", "header:X User", "headers:X-User-Id", "principal:name", "ip:1", "bean:"})
    void malformedSourceOfAUser(String text) {
        assertWrong(
                "headgate.user[0]",
                text,
                "it is no source of a user",
                "header:NAME, claim:NAME, principal, ip or bean:NAME");
    }

    @Test
    void malformedOrUnverifiedSourceOfATier() {
        assertWrong("headgate.tier[0]", "plan", "it is no source of a tier", "claim:NAME, principal or bean:NAME");
        assertWrong(
                "headgate.tier[0]",
                "header:X-Plan",
                "a tier comes from verified sources only: any caller could choose his own here",
                "claim:NAME, principal or bean:NAME");
    }

    @ParameterizedTest
    @CsvSource({
        "rate{limit, 'braces choose a key''s slot in a Redis Cluster, which is for Headgate to do'",
        "'',         it has no value",
        "límites,    only printable ASCII can be told apart in a key",
    })
    void keyPrefixThatNoKeyCanBeginWith(String prefix, String reason) {
        assertThat(failure("headgate.key-prefix=" + prefix))
                .contains("Property: headgate.key-prefix", "Value: \"" + prefix + '"', "Reason: " + reason);
    }

    @Test
    void allThatIsWrongIsSaidAtOnce() {
        assertThat(failure("headgate.max-wait=61s", "headgate.trusted-hops=-1", "headgate.user=X-User-Id"))
                .startsWith("Headgate cannot start with this configuration, for 3 reasons:")
                .contains("headgate.max-wait", "headgate.trusted-hops", "headgate.user[0]");
    }

    @Test
    void placeholderThatNothingFills() {
        assertThat(failure("headgate.max-waiting=${NOWHERE}"))
                .contains("Property: headgate.max-waiting", "Value: \"${NOWHERE}\"")
                .contains("Reason: nothing says what this placeholder stands for");
    }

    private static void assertWrong(String path, String value, String reason, String allowed) {
        assertWrong(path, value, path, value, reason, allowed);
    }

    private static void assertWrong(
            String property, String text, String path, String value, String reason, String allowed) {
        assertThat(failure(property + '=' + text))
                .contains("Property: " + path + System.lineSeparator())
                .contains("Value: \"" + value + '"')
                .contains("Reason: " + reason)
                .endsWith("Allowed: " + allowed);
    }

    private static String failure(String... properties) {
        return StartUp.failure(StartUp.runner().withPropertyValues(properties));
    }
}
