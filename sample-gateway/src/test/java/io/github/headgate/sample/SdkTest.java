package io.github.headgate.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;

/** The providers' own Java SDKs, talking through the gateway to the stub. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class SdkTest {

    @LocalServerPort
    private int port;

    private OpenAIClient openAi;
    private AnthropicClient anthropic;

    @BeforeEach
    void connect() {
        openAi = OpenAIOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/openai/v1")
                .apiKey("none")
                .build();
        anthropic = AnthropicOkHttpClient.builder()
                .baseUrl("http://localhost:" + port + "/claude")
                .apiKey("none")
                .build();
    }

    @AfterEach
    void disconnect() {
        openAi.close();
        anthropic.close();
    }

    @Test
    void openAiSdkReadsAnAnswer() {
        ChatCompletion completion = openAi.chat().completions().create(chat().build());

        assertThat(completion.choices().get(0).message().content().orElseThrow())
                .endsWith("You said: How are you?");
        assertThat(completion.usage().orElseThrow().promptTokens()).isEqualTo(7);
    }

    @Test
    void openAiSdkReadsAStream() {
        ChatCompletionCreateParams request = chat().streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        List<ChatCompletionChunk> chunks;
        try (com.openai.core.http.StreamResponse<ChatCompletionChunk> stream =
                openAi.chat().completions().createStreaming(request)) {
            chunks = stream.stream().toList();
        }

        String text = chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .flatMap(choice -> choice.delta().content().stream())
                .collect(Collectors.joining());
        assertThat(text).endsWith("You said: How are you?");
        assertThat(chunks.get(chunks.size() - 1).usage().orElseThrow().completionTokens())
                .isEqualTo(text.split(" ").length);
    }

    @Test
    void anthropicSdkReadsAnAnswer() {
        Message message = anthropic.messages().create(message());

        assertThat(message.content().get(0).asText().text()).endsWith("You said: How are you?");
        assertThat(message.usage().inputTokens()).isEqualTo(7);
    }

    @Test
    void anthropicSdkReadsAStream() {
        List<RawMessageStreamEvent> events;
        try (StreamResponse<RawMessageStreamEvent> stream = anthropic.messages().createStreaming(message())) {
            events = stream.stream().toList();
        }

        String text = events.stream()
                .flatMap(event -> event.contentBlockDelta().stream())
                .flatMap(delta -> delta.delta().text().stream())
                .map(delta -> delta.text())
                .collect(Collectors.joining());
        assertThat(text).endsWith("You said: How are you?");
        assertThat(events.stream()
                        .flatMap(event -> event.messageDelta().stream())
                        .map(delta -> delta.usage().outputTokens()))
                .containsExactly((long) text.split(" ").length);
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder().model("stub-model").addUserMessage("How are you?");
    }

    private static MessageCreateParams message() {
        return MessageCreateParams.builder()
                .model("stub-model")
                .maxTokens(100)
                .addUserMessage("How are you?")
                .build();
    }
}
