package io.github.headgate.sample.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.sample.StartedSample;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Nobody reaches the console or the endpoints without the operator's password, and everything else is open. */
class OperatorTest {

    private static final String ALICE = "/actuator/ratelimits/openai/alice";

    private static StartedSample sample;

    @BeforeAll
    static void start() {
        sample =
                StartedSample.with("--spring.security.user.name=operator", "--spring.security.user.password=let me in");
    }

    @AfterAll
    static void stop() {
        sample.close();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /actuator",
        "GET, /actuator/ratelimits",
        "GET, /actuator/ratelimits/openai",
        "GET, /actuator/ratelimits/openai/alice",
        "GET, /actuator/ratelimits/openai?user=org/7",
        "GET, /actuator/ratelimitrules",
        "GET, /actuator/prometheus",
        "GET, /actuator/anything",
        "HEAD, /actuator/ratelimits",
        "OPTIONS, /actuator/ratelimits",
        "GET, /console/stream",
        "GET, /console/token",
        "GET, /console/console.js",
        "GET, /console/index.html",
        "GET, /webjars/uplot/1.6.30/dist/uPlot.min.css",
    })
    void readWithoutPasswordIsUnauthorizedAndNeverChallenged(String method, String path) throws Exception {
        HttpResponse<String> response = stranger().send(method, path);

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.headers().map()).doesNotContainKey("www-authenticate");
        assertThat(response.body()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "DELETE, /actuator/ratelimits/openai/alice, 403",
        "DELETE, /actuator/ratelimits/openai, 403",
        "POST, /actuator/ratelimitrules/users/alice, 403",
        "DELETE, /actuator/ratelimitrules/users/alice, 403",
        "PUT, /actuator/ratelimits, 403",
        "POST, /console, 403",
        "POST, /console/logout, 403",
    })
    void writeWithoutPasswordIsRefused(String method, String path, int status) throws Exception {
        assertThat(stranger().send(method, path).statusCode()).isEqualTo(status);
        if (path.startsWith("/actuator")) {
            HttpResponse<String> guess = stranger().send(method, path, "Authorization", basic("operator", "guess"));
            assertThat(guess.statusCode()).isEqualTo(401);
            assertThat(guess.headers().map()).doesNotContainKey("www-authenticate");
        }
    }

    @Test
    void strangerIsShownTheSignIn() throws Exception {
        HttpResponse<String> response = stranger().send("GET", "/console");

        assertThat(response.statusCode()).isEqualTo(302);
        assertThat(response.headers().firstValue("location")).contains("/console/login");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/actuator/health", "/actuator/health/liveness", "/openai/v1/models", "/openai//v1/models"})
    void healthAndProxiedRoutesStayOpenAndUnmarked(String path) throws Exception {
        HttpResponse<String> response = stranger().send("GET", path);

        assertThat(response.statusCode()).isNotIn(400, 401, 403, 302);
        assertThat(response.headers().map())
                .doesNotContainKeys("content-security-policy", "x-frame-options", "set-cookie");
    }

    @Test
    void callersMayWriteWithoutAnyToken() throws Exception {
        HttpResponse<String> response =
                stranger().send("POST", "/openai/v1/chat/completions", "Authorization", "Bearer sk-of-the-caller");

        assertThat(response.statusCode()).isNotIn(401, 403);
    }

    @Test
    void passwordOpensReadsAndWritesWithoutASession() throws Exception {
        String password = basic("operator", "let me in");

        HttpResponse<String> read = stranger().send("GET", ALICE, "Authorization", password);

        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(read.headers().map()).doesNotContainKey("set-cookie");
        assertThat(stranger().send("DELETE", ALICE, "Authorization", password).statusCode())
                .isEqualTo(204);
    }

    /** The name has a slash, which the firewall takes in the query only. */
    @Test
    void changesOfRulesAreMadeUnderTheOperatorsName() throws Exception {
        Browser browser = signedIn();
        String path = "/actuator/ratelimitrules/users?name=org/7";

        HttpResponse<String> set = stranger()
                .sendJson("POST", path, "{\"requestsPerMinute\": 7}", "Authorization", basic("operator", "let me in"));
        HttpResponse<String> cleared = browser.send("DELETE", path, "X-CSRF-TOKEN", browser.token());

        assertThat(set.statusCode()).isEqualTo(200);
        assertThat(cleared.statusCode()).isEqualTo(200);
        JsonNode history = JsonMapper.shared()
                .readTree(browser.send("GET", "/actuator/ratelimitrules").body())
                .path("history");
        assertThat(history.at("/0/rule").isNull()).isTrue();
        assertThat(history.at("/0/who").asString()).isEqualTo("operator");
        assertThat(history.at("/1/rule/requestsPerMinute").asInt()).isEqualTo(7);
        assertThat(history.at("/1/who").asString()).isEqualTo("operator");
    }

    @Test
    void wrongPasswordGoesBackToTheSignIn() throws Exception {
        Browser browser = stranger();

        HttpResponse<String> response = browser.signIn("operator", "guess");

        assertThat(response.headers().firstValue("location")).contains("/console/login?error");
        assertThat(browser.send("GET", "/actuator/ratelimits").statusCode()).isEqualTo(401);
    }

    @Test
    void signInNeedsItsToken() throws Exception {
        HttpResponse<String> response = stranger().post("/console/login", "username=operator&password=let+me+in");

        assertThat(response.statusCode()).isEqualTo(403);
    }

    @Test
    void signedInSessionReads() throws Exception {
        Browser browser = signedIn();

        assertThat(browser.send("GET", "/actuator/ratelimits").statusCode()).isEqualTo(200);
    }

    @Test
    void cookieIsKeptFromScriptsAndOtherSites() throws Exception {
        HttpResponse<String> response = stranger().signIn("operator", "let me in");

        assertThat(response.headers().firstValue("location")).contains("/console");
        assertThat(response.headers().firstValue("set-cookie").orElseThrow())
                .containsIgnoringCase("; HttpOnly")
                .contains("; SameSite=Strict");
    }

    @Test
    void sessionWritesOnlyWithItsToken() throws Exception {
        Browser browser = signedIn();

        assertThat(browser.send("DELETE", ALICE).statusCode()).isEqualTo(403);
        assertThat(browser.send("DELETE", ALICE, "X-CSRF-TOKEN", "guess").statusCode())
                .isEqualTo(403);
        assertThat(browser.send("DELETE", ALICE, "X-CSRF-TOKEN", browser.token())
                        .statusCode())
                .isEqualTo(204);
    }

    /** Such a header makes a token needless, so the session must not stand in for the password it fails to bring. */
    @ParameterizedTest
    @ValueSource(strings = {"Basic", "Basic nonsense", "Bearer nonsense", "anything"})
    void sessionCountsForNothingBesideAnAuthorizationHeader(String authorization) throws Exception {
        Browser browser = signedIn();

        assertThat(browser.send("DELETE", ALICE, "Authorization", authorization).statusCode())
                .isEqualTo(401);
    }

    @Test
    void everyPageOfTheOperatorIsUnderTheStrictPolicy() throws Exception {
        assertThat(stranger().send("GET", "/console/login").headers().firstValue("content-security-policy"))
                .contains("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
                        + " form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
        assertThat(signedIn().send("GET", "/actuator/ratelimits").headers().map())
                .containsKey("content-security-policy");
    }

    @Nested
    @ExtendWith(OutputCaptureExtension.class)
    class WithoutAPassword {

        @Test
        void oneIsMadeUpAndPrintedOnce(CapturedOutput output) throws Exception {
            try (StartedSample fresh = StartedSample.with()) {
                String line = output.toString()
                        .lines()
                        .filter(it -> it.contains("with this password"))
                        .reduce((one, two) -> {
                            throw new AssertionError("printed twice");
                        })
                        .orElseThrow();
                String password = line.substring(line.lastIndexOf(' ') + 1);

                HttpResponse<String> response =
                        fresh.get("/actuator/ratelimits", "Authorization", basic("user", password));

                assertThat(response.statusCode()).isEqualTo(200);
            }
        }
    }

    private static Browser stranger() {
        return new Browser(sample::uri);
    }

    private static Browser signedIn() throws Exception {
        Browser browser = stranger();
        browser.signIn("operator", "let me in");
        return browser;
    }

    private static String basic(String name, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
    }
}
