package io.github.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;

/** {@code /actuator/ratelimits} of a whole gateway. Each test has users of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RateLimitsEndpointTest {

    private static final String YAML = """
            headgate:
              providers:
                openai: { requests-per-minute: 60, burst-capacity: 2 }
              tiers:
                free: { requests-per-minute: 10 }
              users:
                tim: { tier: free }
            """;

    private final TestGateway gateway = exposed(YAML);
    private final WebTestClient client = client(gateway);

    static TestGateway exposed(String yaml) {
        return new TestGateway.Application(TestGateway.Plain.class)
                .withArguments("--management.endpoints.web.exposure.include=ratelimits")
                .start(yaml);
    }

    static WebTestClient client(TestGateway of) {
        return WebTestClient.bindToServer()
                .baseUrl("http://127.0.0.1:" + of.port())
                .responseTimeout(Duration.ofSeconds(20))
                .build();
    }

    @AfterAll
    void stop() {
        gateway.close();
    }

    private WebTestClient.ResponseSpec get(String path) {
        return client.get().uri(uri(path)).exchange();
    }

    private WebTestClient.ResponseSpec delete(String path) {
        return client.delete().uri(uri(path)).exchange();
    }

    /** As it stands: what is encoded is encoded once. */
    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + gateway.port() + "/actuator/ratelimits" + path);
    }

    private void spend(Key key) {
        assertThat(gateway.limiter().check(key, null, 1).block(Duration.ofSeconds(10)))
                .isNotNull();
    }

    private void expectUsed(String path, int used) {
        get(path)
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.limits.minute.used")
                .isEqualTo(used);
    }

    @Test
    void overviewSaysWhatHoldsAndWhereItComesFrom() {
        spend(Key.of("openai", "olga"));

        get("").expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.store.configured")
                .isEqualTo("local")
                .jsonPath("$.store.decisions")
                .isEqualTo("local")
                .jsonPath("$.store.since")
                .isNotEmpty()
                .jsonPath("$.store.breaker")
                .doesNotExist()
                .jsonPath("$.waiting")
                .isEqualTo(0)
                .jsonPath("$.localKeys")
                .value(keys -> assertThat((Integer) keys).isPositive())
                .jsonPath("$.providers[?(@.name == 'openai')].rule.requestsPerMinute")
                .isEqualTo(60)
                .jsonPath("$.providers[?(@.name == 'openai')].dialect")
                .isEqualTo("openai")
                .jsonPath("$.providers[?(@.name == 'claude')].source")
                .isEqualTo("provider claude")
                .jsonPath("$.tiers[0]")
                .isEqualTo("free")
                .jsonPath("$.userTiers.tim")
                .isEqualTo("free")
                .jsonPath("$.rules[0].source")
                .isEqualTo("default")
                .jsonPath("$.rules[?(@.source == 'tier free')].rule.requestsPerMinute")
                .isEqualTo(10)
                .jsonPath("$.busiestOfThisGateway.openai[?(@.user == 'olga')].decisions")
                .isEqualTo(1);
    }

    @Test
    void statusChangesNothing() {
        Key key = Key.of("openai", "alice");
        spend(key);
        spend(key);

        for (int i = 0; i < 3; i++) {
            get("/openai/alice")
                    .expectStatus()
                    .isOk()
                    .expectBody()
                    .jsonPath("$.provider")
                    .isEqualTo("openai")
                    .jsonPath("$.user")
                    .isEqualTo("alice")
                    .jsonPath("$.source")
                    .isEqualTo("provider openai")
                    .jsonPath("$.limited")
                    .isEqualTo(true)
                    .jsonPath("$.waiting")
                    .isEqualTo(0)
                    .jsonPath("$.limits.minute.limit")
                    .isEqualTo(60)
                    .jsonPath("$.limits.minute.used")
                    .isEqualTo(2)
                    .jsonPath("$.limits.minute.remaining")
                    .isEqualTo(58)
                    .jsonPath("$.limits.minute.resetMillis")
                    .value(reset -> assertThat((Integer) reset).isBetween(1, 62_000))
                    .jsonPath("$.limits.burst.remaining")
                    .isEqualTo(0)
                    .jsonPath("$.limits.hour")
                    .doesNotExist();
        }
    }

    @Test
    void statusSaysWhoWaitsAndWhoseRuleItIs() {
        Key key = Key.of("openai", "wendy");
        gateway.limiter().setUserRule("wendy", new Rule(5, null, null, 1)).block(Duration.ofSeconds(10));
        spend(key);
        var waiter =
                gateway.limiter().acquire(key, null, 1, Duration.ofSeconds(30)).subscribe();

        get("/openai/wendy")
                .expectBody()
                .jsonPath("$.source")
                .isEqualTo("user wendy (set at run time)")
                .jsonPath("$.waiting")
                .isEqualTo(1);
        waiter.dispose();
    }

    @Test
    void withoutAUserItIsTheProvidersOwnKey() {
        spend(Key.of("glm", null));

        get("/glm")
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.user")
                .doesNotExist()
                .jsonPath("$.limits.minute.used")
                .isEqualTo(1);
        delete("/glm").expectStatus().isNoContent();
        expectUsed("/glm", 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"?user=org/7%7Cdora", "/org%2F7%7Cdora"})
    void anyIdCanBeAskedForAndSoCanWhatIsShown(String path) {
        Key key = Key.of("deepseek", "org/7|dora");
        gateway.limiter().reset(key).block(Duration.ofSeconds(10));
        spend(key);
        String shown = Objects.requireNonNull(key.user()).toString();

        get("/deepseek" + path)
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.user")
                .isEqualTo(shown)
                .jsonPath("$.limits.minute.used")
                .isEqualTo(1);
        expectUsed("/deepseek/" + shown.replace("#", "%23"), 1);
        delete("/deepseek" + path).expectStatus().isNoContent();
        expectUsed("/deepseek" + path, 0);
    }

    @Test
    void addressesAreAskedForAsTheyAreShown() {
        spend(new Key("openai", UserId.ip("192.0.2.7")));

        expectUsed("/openai/ip=192.0.2.7", 1);
        expectUsed("/openai?user=ip=192.0.2.7", 1);
        expectUsed("/openai/192.0.2.7", 0);
    }

    @Test
    void markupIsNeverShown() {
        byte[] body = get("/openai?user=%3Cscript%3E")
                .expectStatus()
                .isOk()
                .expectBody()
                .returnResult()
                .getResponseBodyContent();

        assertThat(new String(Objects.requireNonNull(body), StandardCharsets.UTF_8))
                .doesNotContain("<", ">");
    }

    @Test
    void keysOfARouteThatNamesNoProviderAreThereWhileInUse() {
        Key key = Key.of("my-route", "alice");
        get("/my-route/alice").expectStatus().isNotFound();
        spend(key);

        get("/my-route/alice")
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.source")
                .isEqualTo("default")
                .jsonPath("$.limits.minute.used")
                .isEqualTo(1);
        delete("/my-route/alice").expectStatus().isNoContent();
        get("/my-route/alice").expectStatus().isNotFound();
    }

    @Test
    void resetClearsOneUserAlone() {
        spend(Key.of("claude", "rita"));
        spend(Key.of("claude", "rob"));

        delete("/claude/rita").expectStatus().isNoContent().expectBody().isEmpty();

        expectUsed("/claude/rita", 0);
        expectUsed("/claude/rob", 1);
    }

    @ParameterizedTest
    @CsvSource({
        "/openia/alice, 404, provider, openai",
        "/openia, 404, provider, openai",
        "/OpenAI/alice, 400, provider, a-z0-9",
        "/open%7Bai?user=alice, 400, provider, a-z0-9",
        "/openai?user=, 400, user, not empty",
    })
    void wrongInputIsAProblemThatNamesTheField(String path, int status, String field, String detail) {
        for (WebTestClient.ResponseSpec answer : List.of(get(path), delete(path))) {
            answer.expectStatus()
                    .isEqualTo(status)
                    .expectHeader()
                    .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                    .expectBody()
                    .jsonPath("$.field")
                    .isEqualTo(field)
                    .jsonPath("$.status")
                    .isEqualTo(status)
                    .jsonPath("$.detail")
                    .value(text -> assertThat((String) text).contains(detail));
        }
    }
}
