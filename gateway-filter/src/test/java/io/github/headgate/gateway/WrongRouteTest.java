package io.github.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A gateway whose configuration is wrong does not start, and its console says why, as whoever wrote it reads it. */
@ExtendWith(OutputCaptureExtension.class)
class WrongRouteTest {

    private static final String ALL_ARGUMENTS =
            "provider, user, missing-user, mode, max-wait, permits, dialect, headers, shadow";
    private static final String ALL_SOURCES = "header:NAME, claim:NAME, principal, ip or bean:NAME, or a list of these";

    static Stream<Arguments> wrongArguments() {
        return Stream.of(
                wrong("{ provider: openai, max-wiat: 20s }", "max-wiat", "20s", "arguments are " + ALL_ARGUMENTS),
                wrong("{ provider: gpt }", "provider", "gpt", "are claude, deepinfra, deepseek, glm, openai"),
                wrong("{ provider: openai, mode: hold }", "mode", "hold", "are reject, wait"),
                wrong("{ provider: openai, max-wait: soon }", "max-wait", "soon", "is a duration of 0s to 60s"),
                wrong("{ provider: openai, max-wait: 61s }", "max-wait", "61s", "is a duration of 0s to 60s"),
                wrong("{ provider: openai, permits: 0 }", "permits", "0", "is a whole number of at least 1"),
                wrong("{ provider: openai, permits: few }", "permits", "few", "is a whole number of at least 1"),
                wrong("{ provider: openai, dialect: gemini }", "dialect", "gemini", "are openai, anthropic, problem"),
                wrong("{ provider: openai, headers: some }", "headers", "some", "are true, false"),
                wrong("{ provider: openai, missing-user: let }", "missing-user", "let", "are shared, deny, ip"),
                wrong("{ provider: openai, user: cookie }", "user", "cookie", "are " + ALL_SOURCES));
    }

    private static Arguments wrong(String args, String argument, String value, String allowed) {
        return Arguments.of(args, argument, value, "allowed " + allowed);
    }

    @ParameterizedTest
    @MethodSource("wrongArguments")
    void wrongArgumentIsNamedWithItsRouteItsValueAndWhatIsAllowed(
            String args, String argument, String value, String allowed, CapturedOutput output) {
        startInVain(route("name: ProviderRateLimit", "args: " + args));

        assertSaid(
                output,
                "Where: route \"chat\", filter ProviderRateLimit, argument " + argument + "\n",
                "Value: \"" + value + "\"\n",
                "Rule: " + allowed + "\n");
    }

    @Test
    void surplusArgumentOfTheShortForm(CapturedOutput output) {
        startInVain(route("ProviderRateLimit=openai,wait"));

        assertSaid(
                output,
                "Where: route \"chat\", filter ProviderRateLimit, argument 2\n",
                "Value: \"wait\"\n",
                "Rule: the short form takes the provider alone; under name and args, allowed are " + ALL_ARGUMENTS);
    }

    @Test
    void claimWhereNothingVerifiesTokens(CapturedOutput output) {
        startInVain(route("name: ProviderRateLimit", "args: { provider: openai, user: \"claim:sub\" }"));

        assertSaid(
                output,
                "Where: route \"chat\", filter ProviderRateLimit, argument user\n",
                "Value: \"claim:sub\"\n",
                "Rule: a claim is read from a verified token only, and nothing here verifies tokens; allowed is"
                        + " claim:NAME where a ReactiveJwtDecoder");
    }

    @Test
    void beanThatIsNotThere(CapturedOutput output) {
        startInVain(route("name: ProviderRateLimit", "args: { provider: openai, user: \"bean:tenants\" }"));

        assertSaid(
                output,
                "Where: route \"chat\", filter ProviderRateLimit, argument user\n",
                "Value: \"bean:tenants\"\n",
                "Rule: there is no KeyResolver bean \"tenants\"");
    }

    @Test
    void addressWhereKubernetesHasBootRewriteIt(CapturedOutput output) {
        assertThatThrownBy(() -> new TestGateway.Application(TestGateway.Plain.class)
                        .withEnvironmentVariables(TestGateway.ON_KUBERNETES)
                        .run(route("name: ProviderRateLimit", "args: { provider: openai, missing-user: ip }")))
                .isNotNull();

        assertSaid(
                output,
                "Where: route \"chat\", filter ProviderRateLimit, argument missing-user\n",
                "Value: \"ip\"\n",
                "Rule: Spring Boot takes the caller's address from a forwarded header here, which any caller can write"
                        + " (server.forward-headers-strategy is not set, and this is KUBERNETES); allowed is ip where"
                        + " headgate.trusted-hops is the number of proxies in front");
    }

    @Test
    void unknownProviderInMetadata(CapturedOutput output) {
        startInVain(route("ProviderRateLimit") + "    metadata: { provider: gpt }\n");

        assertSaid(
                output,
                "Where: route \"chat\", metadata provider\n",
                "Value: \"gpt\"\n",
                "Rule: allowed are claude, deepinfra, deepseek, glm, openai\n");
    }

    @Test
    void wrongDefaultFilter(CapturedOutput output) {
        startInVain("spring.cloud.gateway.server.webflux.default-filters: [ ProviderRateLimit=gpt ]");

        assertSaid(
                output,
                "Where: spring.cloud.gateway.server.webflux.default-filters, filter ProviderRateLimit, argument"
                        + " provider\n",
                "Value: \"gpt\"\n",
                "Rule: allowed are claude, deepinfra, deepseek, glm, openai\n");
    }

    @Test
    void misspeltProperty(CapturedOutput output) {
        startInVain("""
                headgate:
                  providers:
                    openai:
                      request-per-minute: 60
                """);

        assertSaid(
                output,
                "Property: headgate.providers.openai.request-per-minute\n",
                "Value: \"60\"\n",
                ".yaml] - 4:27\n",
                "requests-per-minute, requests-per-hour, requests-per-day, burst-capacity, dialect");
    }

    private static String route(String... filter) {
        return """
                spring.cloud.gateway.server.webflux.routes:
                  - id: chat
                    uri: http://127.0.0.1:1
                    predicates: [ Path=/** ]
                    filters:
                      - %s
                """.formatted(String.join("\n        ", filter));
    }

    private static void startInVain(String yaml) {
        assertThatThrownBy(() -> new TestGateway.Application(TestGateway.Plain.class).run(yaml))
                .isNotNull();
    }

    private static void assertSaid(CapturedOutput output, String... lines) {
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains(lines)
                .contains("Correct what is named above, and start again.")
                .doesNotContain("\tat ");
    }
}
