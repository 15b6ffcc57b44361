package io.github.headgate.sample.stub;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Chat completions as OpenAI, DeepSeek, GLM and DeepInfra serve them. */
final class OpenAiDialect implements Dialect {

    private final JsonMapper json;

    OpenAiDialect(JsonMapper json) {
        this.json = json;
    }

    @Override
    public Answer answer(ObjectNode request, Instant now) {
        String model = request.path("model").asString("");
        if (model.isEmpty()) {
            return error(400, "you must provide a model parameter");
        }
        if (!request.path("messages").isArray() || request.path("messages").isEmpty()) {
            return error(400, "Missing required parameter: 'messages'.");
        }
        JsonNode limit = request.path("max_completion_tokens").isInt()
                ? request.path("max_completion_tokens")
                : request.path("max_tokens");
        Reply reply = Reply.to(request, Math.max(1, limit.asInt(Integer.MAX_VALUE)));
        String id = Reply.id("chatcmpl-stub-");
        if (!request.path("stream").asBoolean(false)) {
            return new Answer.Json(200, completion(id, model, now, reply));
        }
        boolean includeUsage =
                request.path("stream_options").path("include_usage").asBoolean(false);
        return new Answer.Events(events(id, model, now, reply, includeUsage));
    }

    private ObjectNode completion(String id, String model, Instant now, Reply reply) {
        ObjectNode completion = envelope("chat.completion", id, model, now);
        ObjectNode choice = completion.putArray("choices").addObject().put("index", 0);
        choice.putObject("message")
                .put("role", "assistant")
                .put("content", reply.text())
                .putNull("refusal");
        choice.putNull("logprobs").put("finish_reason", finishReason(reply));
        completion.set("usage", usage(reply));
        return completion;
    }

    private List<String> events(String id, String model, Instant now, Reply reply, boolean includeUsage) {
        List<String> events = new ArrayList<>();
        events.add(chunk(id, model, now, delta("").put("role", "assistant"), null, includeUsage));
        for (String token : reply.tokens()) {
            events.add(chunk(id, model, now, delta(token), null, includeUsage));
        }
        events.add(chunk(id, model, now, json.createObjectNode(), finishReason(reply), includeUsage));
        if (includeUsage) {
            ObjectNode last = envelope("chat.completion.chunk", id, model, now);
            last.putArray("choices");
            last.set("usage", usage(reply));
            events.add(event(last));
        }
        events.add("data: [DONE]\n\n");
        return events;
    }

    private ObjectNode delta(String content) {
        return json.createObjectNode().put("content", content);
    }

    private String chunk(
            String id,
            String model,
            Instant now,
            ObjectNode delta,
            @Nullable String finishReason,
            boolean includeUsage) {
        ObjectNode chunk = envelope("chat.completion.chunk", id, model, now);
        ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.putNull("logprobs").put("finish_reason", finishReason);
        if (includeUsage) {
            chunk.putNull("usage");
        }
        return event(chunk);
    }

    private ObjectNode envelope(String object, String id, String model, Instant now) {
        return json.createObjectNode()
                .put("id", id)
                .put("object", object)
                .put("created", now.getEpochSecond())
                .put("model", model);
    }

    private ObjectNode usage(Reply reply) {
        ObjectNode usage = json.createObjectNode()
                .put("prompt_tokens", reply.promptTokens())
                .put("completion_tokens", reply.completionTokens())
                .put("total_tokens", reply.promptTokens() + reply.completionTokens());
        usage.putObject("prompt_tokens_details").put("cached_tokens", 0).put("audio_tokens", 0);
        usage.putObject("completion_tokens_details")
                .put("reasoning_tokens", 0)
                .put("audio_tokens", 0)
                .put("accepted_prediction_tokens", 0)
                .put("rejected_prediction_tokens", 0);
        return usage;
    }

    private static String finishReason(Reply reply) {
        return reply.cutOff() ? "length" : "stop";
    }

    private String event(ObjectNode data) {
        return "data: " + json.writeValueAsString(data) + "\n\n";
    }

    @Override
    public Answer models(Instant now) {
        ObjectNode list = json.createObjectNode().put("object", "list");
        list.putArray("data")
                .addObject()
                .put("id", "stub-model")
                .put("object", "model")
                .put("created", now.getEpochSecond())
                .put("owned_by", "headgate-stub");
        return new Answer.Json(200, list);
    }

    @Override
    public Answer error(int status, String message) {
        ObjectNode error = json.createObjectNode();
        error.putObject("error")
                .put("message", message)
                .put("type", "invalid_request_error")
                .putNull("param")
                .putNull("code");
        return new Answer.Json(status, error);
    }

    @Override
    public Map<String, String> headers(Instant now) {
        return Map.of(
                "x-request-id", Reply.id("req_stub_"),
                "x-ratelimit-limit-requests", "10000",
                "x-ratelimit-remaining-requests", "9999",
                "x-ratelimit-reset-requests", "6ms",
                "x-ratelimit-limit-tokens", "200000",
                "x-ratelimit-remaining-tokens", "199984",
                "x-ratelimit-reset-tokens", "4ms");
    }
}
