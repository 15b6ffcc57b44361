package io.github.headgate.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.ErrorType;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;

/** What the providers' own Java SDKs make of a denial. Each test has a user of its own. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "headgate.users.openai-hourly.requests-per-hour=1",
            "headgate.users.claude-hourly.requests-per-hour=1",
            "headgate.users.openai-paced.requests-per-minute=60",
            "headgate.users.openai-paced.burst-capacity=1",
            "headgate.users.claude-paced.requests-per-minute=60",
            "headgate.users.claude-paced.burst-capacity=1"
        })
class SdkRateLimitTest {

    /** Longer than a denied call takes, shorter than any SDK sleeps before a retry that takes an hour. */
    private static final Duration AT_ONCE = Duration.ofSeconds(5);

    private static final Duration REFILL = Duration.ofSeconds(1);

    @LocalServerPort
    private int port;

    @Test
    void openAiSdkThrowsItsRateLimitExceptionAndDoesNotSitOutAnHour() {
        OpenAIClient client = openAi("openai-hourly");
        chat(client);
        long startNanos = System.nanoTime();

        RateLimitException denied = catchThrowableOfType(RateLimitException.class, () -> chat(client));

        assertThat(since(startNanos)).isLessThan(AT_ONCE);
        assertThat(denied.statusCode()).isEqualTo(429);
        assertThat(denied.type()).hasValue("requests");
        assertThat(denied.code()).hasValue("rate_limit_exceeded");
        assertThat(denied.param()).isEmpty();
        assertThat(denied).hasMessageContaining("hour").hasMessageContaining("1");
        assertThat(denied.headers().values("x-should-retry")).containsExactly("false");
        assertThat(denied.headers().values("x-ratelimit-limit-requests")).containsExactly("1");
        client.close();
    }

    @Test
    void anthropicSdkThrowsItsRateLimitExceptionAndDoesNotSitOutAnHour() {
        AnthropicClient client = anthropic("claude-hourly");
        message(client);
        long startNanos = System.nanoTime();

        com.anthropic.errors.RateLimitException denied =
                catchThrowableOfType(com.anthropic.errors.RateLimitException.class, () -> message(client));

        assertThat(since(startNanos)).isLessThan(AT_ONCE);
        assertThat(denied.statusCode()).isEqualTo(429);
        assertThat(denied.type()).hasValue(ErrorType.RATE_LIMIT_ERROR);
        assertThat(denied.apiMessage())
                .hasValueSatisfying(
                        message -> assertThat(message).contains("hour").contains("1"));
        assertThat(denied.requestId()).isPresent();
        assertThat(denied.headers().values("x-should-retry")).containsExactly("false");
        assertThat(denied.headers().values("anthropic-ratelimit-requests-limit"))
                .containsExactly("1");
        client.close();
    }

    @Test
    void openAiSdksOwnRetrySucceedsAfterTheWaitItWasTold() {
        OpenAIClient client = openAi("openai-paced");
        long startNanos = System.nanoTime();

        chat(client);
        String second = chat(client);

        assertThat(second).endsWith("You said: Hello");
        assertThat(since(startNanos)).isGreaterThanOrEqualTo(REFILL);
        client.close();
    }

    @Test
    void anthropicSdksOwnRetrySucceedsAfterTheWaitItWasTold() {
        AnthropicClient client = anthropic("claude-paced");
        long startNanos = System.nanoTime();

        message(client);
        String second = message(client);

        assertThat(second).endsWith("You said: Hello");
        assertThat(since(startNanos)).isGreaterThanOrEqualTo(REFILL);
        client.close();
    }

    private static Duration since(long startNanos) {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    private OpenAIClient openAi(String user) {
        return OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/openai/v1")
                .apiKey("none")
                .putHeader("X-User-Id", user)
                .build();
    }

    private AnthropicClient anthropic(String user) {
        return AnthropicOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/claude")
                .apiKey("none")
                .putHeader("X-User-Id", user)
                .build();
    }

    private static String chat(OpenAIClient client) {
        return client.chat()
                .completions()
                .create(ChatCompletionCreateParams.builder()
                        .model("stub-model")
                        .addUserMessage("Hello")
                        .build())
                .choices()
                .get(0)
                .message()
                .content()
                .orElseThrow();
    }

    private static String message(AnthropicClient client) {
        return client.messages()
                .create(MessageCreateParams.builder()
                        .model("stub-model")
                        .maxTokens(100)
                        .addUserMessage("Hello")
                        .build())
                .content()
                .get(0)
                .asText()
                .text();
    }
}
