package io.github.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import io.github.headgate.testing.TestRedis;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /actuator/ratelimitrules} of two whole gateways on one Redis. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RateLimitRulesEndpointTest {

    private static final String TIERS = """
            headgate.tiers:
              free: { requests-per-minute: 10 }
            """;

    private final TestRedis redis = TestRedis.start();
    private final TestGateway one = start("spring.data.redis.url: " + redis.url() + "\n" + TIERS);
    private final TestGateway two = start("spring.data.redis.url: " + redis.url() + "\n" + TIERS);

    static TestGateway start(String yaml) {
        return new TestGateway.Application(TestGateway.Plain.class)
                .withArguments("--management.endpoints.web.exposure.include=ratelimits,ratelimitrules")
                .start(yaml);
    }

    @AfterAll
    void stop() {
        one.close();
        two.close();
        redis.close();
    }

    static HttpResponse<String> send(TestGateway to, String method, String path, String body) {
        return sendAsync(to, method, path, body).join();
    }

    private static CompletableFuture<HttpResponse<String>> sendAsync(
            TestGateway to, String method, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + to.port() + "/actuator/ratelimitrules" + path))
                .method(method, BodyPublishers.ofString(body))
                .header("Content-Type", "application/json")
                .build();
        return TestGateway.client().sendAsync(request, BodyHandlers.ofString());
    }

    static JsonNode json(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return JsonMapper.shared().readTree(answer.body());
    }

    static JsonNode rules(TestGateway of) {
        return json(send(of, "GET", "", ""), 200);
    }

    private static void awaitLimit(TestGateway at, String user, Integer perMinute) {
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(1))
                .until(() -> perMinute.equals(at.status("openai", user).rule().requestsPerMinute()));
    }

    @Test
    void aChangeIsInForceEverywhereWithinASecondAndKeepsTheUsage() {
        one.limiter().check(Key.of("openai", "alice"), null, 3).block(Duration.ofSeconds(10));

        JsonNode made = json(send(one, "POST", "/users/alice", "{\"requestsPerMinute\": 7}"), 200);
        awaitLimit(two, "alice", 7);

        assertThat(made.get("who").asString()).isEqualTo("anonymous");
        assertThat(Instant.parse(made.get("at").asString()))
                .isBetween(Instant.now().minusSeconds(60), Instant.now());
        assertThat(two.used("openai", "alice")).isEqualTo(3);
        assertThat(two.get("/actuator/ratelimits/openai/alice").body()).contains("user alice (set at run time)");
        assertThat(rules(two).at("/users/alice/version")).isEqualTo(made.get("version"));
        json(send(two, "DELETE", "/users/alice", ""), 200);
        awaitLimit(one, "alice", 60);
    }

    @Test
    void tiersAndProvidersAndAUsersTierChangeToo() {
        json(send(one, "POST", "/users/tina", "{\"tier\": \"free\"}"), 200);
        awaitLimit(two, "tina", 10);
        json(send(one, "POST", "/tiers/free", "{\"requestsPerMinute\": 11}"), 200);
        awaitLimit(two, "tina", 11);
        two.limiter().setProviderRule("openai", new Rule(12, null, null, null)).block(Duration.ofSeconds(10));
        awaitLimit(one, "nobody-special", 12);
        two.limiter().clearProviderRule("openai").block(Duration.ofSeconds(10));
        awaitLimit(one, "nobody-special", 60);

        assertThat(one.get("/actuator/ratelimits/openai/tina").body())
                .contains("user tina in tier free (set at run time)");
        assertThat(rules(two).at("/history/0/who").asString()).isEqualTo("application");
    }

    @Test
    void aStaleVersionIsAConflict() {
        long version = json(send(one, "POST", "/users/stan", "{\"requestsPerMinute\": 7}"), 200)
                .get("version")
                .asLong();

        JsonNode stale = json(
                send(two, "POST", "/users/stan", "{\"requestsPerMinute\": 8, \"version\": " + (version - 1) + "}"),
                409);
        JsonNode next = json(send(two, "DELETE", "/users/stan", "{\"version\": " + version + "}"), 200);

        assertThat(stale.get("field").asString()).isEqualTo("version");
        assertThat(next.get("version").asLong()).isEqualTo(version + 1);
    }

    @Test
    void ofTwoWritersOnOneVersionOneWins() {
        long version = json(send(one, "POST", "/users/rivals", "{\"requestsPerMinute\": 7}"), 200)
                .get("version")
                .asLong();
        for (int round = 0; round < 10; round++, version++) {
            String mine = "{\"requestsPerMinute\": 101, \"version\": " + version + "}";
            String yours = "{\"requestsPerMinute\": 102, \"version\": " + version + "}";
            var first = sendAsync(one, "POST", "/users/rivals", mine);
            var second = sendAsync(two, "POST", "/users/rivals", yours);

            boolean firstWins = first.join().statusCode() == 200;
            JsonNode won = json((firstWins ? first : second).join(), 200);
            json((firstWins ? second : first).join(), 409);

            assertThat(won.get("version").asLong()).isEqualTo(version + 1);
            awaitLimit(firstWins ? two : one, "rivals", firstWins ? 101 : 102);
        }
    }

    @Test
    void noChangeOfManyWritersIsLost() {
        int writers = 30;
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 1; i <= writers; i++) {
            answers.add(sendAsync(
                    i % 2 == 0 ? one : two, "POST", "/users/many-" + i, "{\"requestsPerMinute\": " + i + "}"));
        }

        List<Long> versions = answers.stream()
                .map(it -> json(it.join(), 200).get("version").asLong())
                .sorted()
                .toList();

        long last = versions.get(writers - 1);
        assertThat(versions)
                .isEqualTo(
                        LongStream.rangeClosed(last - writers + 1, last).boxed().toList());
        await().until(() -> rules(one).get("version").asLong() == last
                && rules(two).get("version").asLong() == last);
        JsonNode users = rules(one).get("users");
        for (int i = 1; i <= writers; i++) {
            assertThat(users.at("/many-" + i + "/rule/requestsPerMinute").asInt())
                    .isEqualTo(i);
        }
        assertThat(rules(two).get("users")).isEqualTo(users);
    }

    @Test
    void takingBackWhatIsNotSetMakesNoVersion() {
        long version = json(send(one, "POST", "/users/nina", "{\"requestsPerMinute\": 7}"), 200)
                .get("version")
                .asLong();
        json(send(one, "DELETE", "/users/nina", ""), 200);

        HttpResponse<String> again = send(one, "DELETE", "/users/nina", "");
        one.limiter().clearUserRule("nina").block(Duration.ofSeconds(10));
        one.limiter().clearProviderRule("glm").block(Duration.ofSeconds(10));

        assertThat(json(again, 404).get("field").asString()).isEqualTo("name");
        assertThat(again.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(rules(one).get("version").asLong()).isEqualTo(version + 1);
        json(send(one, "DELETE", "/users/nina", "{\"version\": " + version + "}"), 409);
    }

    @Test
    void aNameWithSlashesGoesIntoTheQuery() {
        JsonNode made = json(send(one, "POST", "/users?name=org/7%7Cdora", "{\"requestsPerMinute\": 7}"), 200);
        awaitLimit(two, "org/7|dora", 7);

        // As keys and logs show him: a digest.
        assertThat(made.get("name").asString())
                .isEqualTo(UserId.of("org/7|dora").toString());
        json(send(two, "DELETE", "/users?name=org/7%7Cdora", ""), 200);
        awaitLimit(one, "org/7|dora", 60);
        json(send(one, "POST", "/tiers?name=free", "{\"requestsPerMinute\": 10}"), 200);
        json(send(one, "DELETE", "/tiers?name=free", ""), 200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "/rules/alice; ; kind",
                "/rules?name=alice; ; kind",
                "/tiers/gold; ; name",
                "/providers/openia; ; name",
                "/users; ; name",
                "/users?name=; ; name",
                "/users?name=a&name=b; ; name",
                "/users/bad?name=worse; ; name",
                "/users/bad?version=3; ; version",
                "/users?name=bad&surprise=1; ; surprise",
                "/users/bad; {\"version\": ; body",
                "/users/bad; 7; body",
                "/users/bad; {\"version\": \"x\"}; version",
                "/users/bad; {\"version\": -1}; version",
                "/users/bad; {\"version\": 1.5}; version",
                "/users/bad; {\"requestsPerMinute\": 7}; requestsPerMinute",
                "/users/bad; {\"version\": 1, \"surprise\": 7}; surprise",
            })
    void wrongInputTakesNothingBackAndNamesTheField(String path, @Nullable String body, String field) {
        json(send(one, "POST", "/users/bad", "{\"requestsPerMinute\": 7}"), 200);

        HttpResponse<String> answer = send(one, "DELETE", path, body == null ? "" : body);

        assertThat(json(answer, 400).get("field").asString()).isEqualTo(field);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(rules(one).at("/users/bad").isMissingNode()).isFalse();
        json(send(one, "DELETE", "/users/bad", ""), 200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "/users/bad; {\"requestsPerMinutes\": 7}; requestsPerMinutes",
                "/users/bad; {\"requestsPerMinute\": 7, \"surprise\": 1}; surprise",
                "/users/bad; {\"requestsPerMinute\": \"7\"}; requestsPerMinute",
                "/users/bad; {\"requestsPerMinute\": 0}; requestsPerMinute",
                "/users/bad; {\"requestsPerHour\": 2147483648}; requestsPerHour",
                "/users/bad; {\"requestsPerDay\": 1.5}; requestsPerDay",
                "/users/bad; {\"requestsPerMinute\": 7, \"burstCapacity\": 100000001}; burstCapacity",
                "/users/bad; {\"burstCapacity\": 7}; burstCapacity",
                "/users/bad; {}; requestsPerMinute",
                "/users/bad; []; body",
                "/users/bad; {\"requestsPerMinute\": 7,; body",
                "/users/bad; {\"tier\": \"gold\"}; tier",
                "/users/bad; {\"tier\": 7}; tier",
                "/users/bad; {\"tier\": \"free\", \"requestsPerMinute\": 7}; tier",
                "/users/bad; {\"requestsPerMinute\": 7, \"version\": \"x\"}; version",
                "/tiers/free; {\"tier\": \"free\"}; tier",
                "/tiers/gold; {\"requestsPerMinute\": 7}; name",
                "/providers/openia; {\"requestsPerMinute\": 7}; name",
                "/rules/alice; {\"requestsPerMinute\": 7}; kind",
                "/users; {\"requestsPerMinute\": 7}; name",
                "/users?name=; {\"requestsPerMinute\": 7}; name",
                "/tiers?name=gold; {\"requestsPerMinute\": 7}; name",
                "/users?name=bad&version=1; {\"requestsPerMinute\": 7}; version",
                "/users/bad?version=1; {\"requestsPerMinute\": 7}; version",
            })
    void wrongInputIsAProblemThatNamesTheField(String path, String body, String field) {
        HttpResponse<String> answer = send(one, "POST", path, body);

        assertThat(json(answer, 400).get("field").asString()).isEqualTo(field);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(rules(one).at("/users/bad").isMissingNode()).isTrue();
    }
}
