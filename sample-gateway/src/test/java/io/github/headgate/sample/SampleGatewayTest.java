package io.github.headgate.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The sample as {@code ./mvnw spring-boot:run} starts it, but on a free port. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class SampleGatewayTest {

    private static final String CHAT = """
            {"model": "stub-model", "messages": [{"role": "user", "content": "How are you?"}]}""";

    private static final String MESSAGE = """
            {"model": "stub-model", "max_tokens": 5, "messages": [{"role": "user", "content": "How are you?"}]}""";

    private final HttpClient client = HttpClient.newHttpClient();
    private final JsonMapper json = JsonMapper.shared();

    /** Of each test its own, so that no test spends another's limit. */
    private final String user = UUID.randomUUID().toString();

    @LocalServerPort
    private int port;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/openai/v1/chat/completions",
                "/deepseek/chat/completions",
                "/glm/api/paas/v4/chat/completions",
                "/deepinfra/v1/openai/chat/completions"
            })
    void openAiShapedRouteAnswersAChatCompletion(String path) throws Exception {
        HttpResponse<String> response = post(path, CHAT);

        JsonNode body = json.readTree(response.body());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(body.at("/object").asString()).isEqualTo("chat.completion");
        assertThat(body.at("/choices/0/message/content").asString())
                .contains("stub provider")
                .endsWith("You said: How are you?");
        assertThat(body.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
        assertThat(body.at("/usage/prompt_tokens").asInt()).isEqualTo(4 + 3);
        assertThat(body.at("/usage/total_tokens").asInt())
                .isEqualTo(body.at("/usage/prompt_tokens").asInt()
                        + body.at("/usage/completion_tokens").asInt());
    }

    @Test
    void claudeRouteAnswersAMessageCutOffAtMaxTokens() throws Exception {
        HttpResponse<String> response = post("/claude/v1/messages", MESSAGE);

        JsonNode body = json.readTree(response.body());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(body.at("/type").asString()).isEqualTo("message");
        assertThat(body.at("/content/0/text").asString()).isEqualTo("Hello from the stub provider");
        assertThat(body.at("/stop_reason").asString()).isEqualTo("max_tokens");
        assertThat(body.at("/usage/output_tokens").asInt()).isEqualTo(5);
    }

    @Test
    void chatStreamReportsUsageOnlyWhenAskedTo() throws Exception {
        String streamed = CHAT.replaceFirst("\\{", "{\"stream\": true, ");
        String withUsage = streamed.replaceFirst("\\{", "{\"stream_options\": {\"include_usage\": true}, ");

        List<String> plain = events(post("/openai/v1/chat/completions", streamed));
        List<String> counted = events(post("/openai/v1/chat/completions", withUsage));

        assertThat(plain).noneMatch(event -> event.contains("usage")).last().isEqualTo("data: [DONE]");
        assertThat(counted).hasSize(plain.size() + 1).last().isEqualTo("data: [DONE]");
        assertThat(counted.subList(0, counted.size() - 2)).allMatch(event -> event.contains("\"usage\":null"));
        JsonNode last = json.readTree(counted.get(counted.size() - 2).substring("data: ".length()));
        assertThat(last.at("/choices").isEmpty()).isTrue();
        assertThat(last.at("/usage/completion_tokens").asInt()).isEqualTo(plain.size() - 3);
    }

    @Test
    void messageStreamHasNamedEventsAndCumulativeUsage() throws Exception {
        String streamed = MESSAGE.replaceFirst("\\{", "{\"stream\": true, ");

        List<String> events = events(post("/claude/v1/messages", streamed));

        assertThat(events)
                .extracting(event -> event.substring("event: ".length(), event.indexOf('\n')))
                .containsExactly(
                        "message_start",
                        "content_block_start",
                        "ping",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_delta",
                        "content_block_stop",
                        "message_delta",
                        "message_stop");
        assertThat(events.get(0)).contains("\"output_tokens\":1,");
        assertThat(events.get(9)).contains("\"usage\":{\"output_tokens\":5}");
    }

    @Test
    void streamArrivesEventByEvent() throws Exception {
        String streamed = CHAT.replaceFirst("\\{", "{\"stream\": true, ");
        HttpResponse<InputStream> response =
                client.send(request("/openai/v1/chat/completions", streamed), BodyHandlers.ofInputStream());

        long firstNanos = 0;
        long lastNanos = 0;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                lastNanos = System.nanoTime();
                firstNanos = firstNanos == 0 ? lastNanos : firstNanos;
            }
        }

        // 16 pauses of 20 ms lie between them.
        assertThat(lastNanos - firstNanos).isGreaterThan(150_000_000L);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/openai/v1/chat/completions | {broken | 400 | /error/type | invalid_request_error",
                "/openai/v1/chat/completions | [] | 400 | /error/message | The body of the request must be a JSON object.",
                "/openai/v1/chat/completions | {} | 400 | /error/message | you must provide a model parameter",
                "/openai/v1/chat/completions | {\"model\": \"m\", \"messages\": {}} | 400 | /error/message | Missing required parameter: 'messages'.",
                "/openai/v1/embeddings | {} | 404 | /error/message | The stub has no POST /v1/embeddings",
                "/claude/v1/messages | {broken | 400 | /error/type | invalid_request_error",
                "/claude/v1/messages | {\"model\": \"m\"} | 400 | /error/message | max_tokens: Field required"
            })
    void badRequestIsAnsweredInTheProvidersShape(String path, String body, int status, String pointer, String expected)
            throws Exception {
        HttpResponse<String> response = post(path, body);

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(json.readTree(response.body()).at(pointer).asString()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\": \"m\", \"messages\": [1, null, {}]}",
                "{\"model\": \"m\", \"messages\": [{\"content\": [{}, 1]}], \"max_tokens\": -1}",
                "{\"model\": \"m\", \"messages\": [{\"content\": {}}], \"max_tokens\": \"many\", \"stream\": \"maybe\"}"
            })
    void oddRequestIsAnsweredAsWellAsCanBe(String body) throws Exception {
        assertThat(post("/openai/v1/chat/completions", body).statusCode()).isEqualTo(200);
    }

    @Test
    void bodyThatIsTooLargeIsRefused() throws Exception {
        HttpResponse<String> response = post("/openai/v1/chat/completions", " ".repeat(33 * 1024 * 1024));

        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(json.readTree(response.body()).at("/error/message").asString())
                .isEqualTo("The body of the request is larger than 33554432 bytes.");
    }

    @ParameterizedTest
    @CsvSource({"openai, 60", "deepseek, 50", "glm, 60", "deepinfra, 30"})
    void openAiShapedRouteShowsTheCallersLimitInPlaceOfTheProviders(String route, String perMinute) throws Exception {
        HttpHeaders headers = post("/" + route + "/chat/completions", CHAT).headers();

        assertThat(headers.allValues("x-ratelimit-limit-requests")).containsExactly(perMinute);
        assertThat(headers.allValues("x-ratelimit-limit-tokens")).isEmpty();
    }

    @Test
    void claudeRouteShowsTheCallersLimitInPlaceOfTheProviders() throws Exception {
        HttpHeaders headers = post("/claude/v1/messages", MESSAGE).headers();

        assertThat(headers.allValues("anthropic-ratelimit-requests-limit")).containsExactly("50");
        assertThat(headers.allValues("anthropic-ratelimit-tokens-limit")).isEmpty();
    }

    @Test
    void callerWhoDoesNotPauseIsDenied() throws Exception {
        HttpResponse<String> response = post("/deepinfra/v1/openai/chat/completions", CHAT);
        for (int sent = 1; response.statusCode() == 200 && sent <= 30; sent++) {
            response = post("/deepinfra/v1/openai/chat/completions", CHAT);
        }

        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
        assertThat(json.readTree(response.body()).at("/error/code").asString()).isEqualTo("rate_limit_exceeded");
    }

    @Test
    void modelsAreListedInBothShapes() throws Exception {
        HttpResponse<String> openAi =
                client.send(HttpRequest.newBuilder(uri("/openai/v1/models")).build(), BodyHandlers.ofString());
        HttpResponse<String> anthropic = client.send(
                HttpRequest.newBuilder(uri("/claude/v1/models"))
                        .header("anthropic-version", "2023-06-01")
                        .build(),
                BodyHandlers.ofString());

        assertThat(json.readTree(openAi.body()).at("/object").asString()).isEqualTo("list");
        assertThat(json.readTree(anthropic.body()).at("/data/0/type").asString())
                .isEqualTo("model");
    }

    @Test
    void healthIsUpWithoutRedis() throws Exception {
        HttpResponse<String> response =
                client.send(HttpRequest.newBuilder(uri("/actuator/health")).build(), BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(json.readTree(response.body()).at("/status").asString()).isEqualTo("UP");
        assertThat(json.readTree(response.body()).at("/components").has("redis"))
                .isFalse();
    }

    private static List<String> events(HttpResponse<String> response) {
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/event-stream");
        return List.of(response.body().strip().split("\n\n"));
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return client.send(request(path, body), BodyHandlers.ofString());
    }

    private HttpRequest request(String path, String body) {
        return HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .header("X-User-Id", user)
                .POST(BodyPublishers.ofString(body))
                .build();
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + port + path);
    }
}
