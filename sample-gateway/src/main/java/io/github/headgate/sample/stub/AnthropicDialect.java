package io.github.headgate.sample.stub;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Messages as Anthropic serves them. */
final class AnthropicDialect implements Dialect {

    private final JsonMapper json;

    AnthropicDialect(JsonMapper json) {
        this.json = json;
    }

    @Override
    public Answer answer(ObjectNode request, Instant now) {
        String model = request.path("model").asString("");
        if (model.isEmpty()) {
            return error(400, "model: Field required");
        }
        int maxTokens = request.path("max_tokens").asInt(0);
        if (maxTokens < 1) {
            return error(400, "max_tokens: Field required");
        }
        if (!request.path("messages").isArray() || request.path("messages").isEmpty()) {
            return error(400, "messages: at least one message is required");
        }
        Reply reply = Reply.to(request, maxTokens);
        ObjectNode message = json.createObjectNode()
                .put("id", Reply.id("msg_stub_"))
                .put("type", "message")
                .put("role", "assistant")
                .put("model", model);
        return request.path("stream").asBoolean(false)
                ? new Answer.Events(events(message, reply))
                : new Answer.Json(200, whole(message, reply));
    }

    private ObjectNode whole(ObjectNode message, Reply reply) {
        message.putArray("content").addObject().put("type", "text").put("text", reply.text());
        message.put("stop_reason", stopReason(reply)).putNull("stop_sequence");
        message.set("usage", usage(reply, reply.completionTokens()));
        return message;
    }

    private List<String> events(ObjectNode message, Reply reply) {
        List<String> events = new ArrayList<>();
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        message.set("usage", usage(reply, 1));
        ObjectNode start = typed("message_start");
        start.set("message", message);
        events.add(event(start));

        ObjectNode blockStart = typed("content_block_start").put("index", 0);
        blockStart.putObject("content_block").put("type", "text").put("text", "");
        events.add(event(blockStart));
        events.add(event(typed("ping")));
        for (String token : reply.tokens()) {
            ObjectNode delta = typed("content_block_delta").put("index", 0);
            delta.putObject("delta").put("type", "text_delta").put("text", token);
            events.add(event(delta));
        }
        events.add(event(typed("content_block_stop").put("index", 0)));

        ObjectNode end = typed("message_delta");
        end.putObject("delta").put("stop_reason", stopReason(reply)).putNull("stop_sequence");
        end.putObject("usage").put("output_tokens", reply.completionTokens());
        events.add(event(end));
        events.add(event(typed("message_stop")));
        return events;
    }

    private ObjectNode typed(String type) {
        return json.createObjectNode().put("type", type);
    }

    private ObjectNode usage(Reply reply, int outputTokens) {
        return json.createObjectNode()
                .put("input_tokens", reply.promptTokens())
                .put("cache_creation_input_tokens", 0)
                .put("cache_read_input_tokens", 0)
                .put("output_tokens", outputTokens)
                .put("service_tier", "standard");
    }

    private static String stopReason(Reply reply) {
        return reply.cutOff() ? "max_tokens" : "end_turn";
    }

    private String event(ObjectNode data) {
        return "event: " + data.path("type").asString() + "\ndata: " + json.writeValueAsString(data) + "\n\n";
    }

    @Override
    public Answer models(Instant now) {
        ObjectNode page = json.createObjectNode();
        page.putArray("data")
                .addObject()
                .put("type", "model")
                .put("id", "stub-model")
                .put("display_name", "Stub model")
                .put("created_at", "2026-01-01T00:00:00Z");
        page.put("first_id", "stub-model").put("last_id", "stub-model").put("has_more", false);
        return new Answer.Json(200, page);
    }

    @Override
    public Answer error(int status, String message) {
        ObjectNode error = typed("error");
        error.putObject("error")
                .put("type", status == 404 ? "not_found_error" : "invalid_request_error")
                .put("message", message);
        error.put("request_id", Reply.id("req_stub_"));
        return new Answer.Json(status, error);
    }

    @Override
    public Map<String, String> headers(Instant now) {
        return Map.of(
                "request-id", Reply.id("req_stub_"),
                "anthropic-ratelimit-requests-limit", "4000",
                "anthropic-ratelimit-requests-remaining", "3999",
                "anthropic-ratelimit-requests-reset", now.plusSeconds(1).toString(),
                "anthropic-ratelimit-tokens-limit", "400000",
                "anthropic-ratelimit-tokens-remaining", "399000",
                "anthropic-ratelimit-tokens-reset", now.plusSeconds(1).toString());
    }
}
