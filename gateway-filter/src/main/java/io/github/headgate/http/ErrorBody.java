package io.github.headgate.http;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The JSON of an error, in the shape that a dialect's SDKs parse. */
final class ErrorBody {

    private static final JsonMapper JSON = JsonMapper.shared();

    private ErrorBody() {}

    /** Every member is there, and a string where it is not null: some SDKs throw otherwise. */
    static String openai(String message, String type, String code) {
        ObjectNode body = JSON.createObjectNode();
        putOpenaiError(body, message, type, code);
        return JSON.writeValueAsString(body);
    }

    static String anthropic(String message, String type, String requestId) {
        ObjectNode body = JSON.createObjectNode().put("type", "error");
        body.putObject("error").put("type", type).put("message", message);
        body.put("request_id", requestId);
        return JSON.writeValueAsString(body);
    }

    /** RFC 9457 members, and beside them OpenAI's, which problem parsers ignore and most SDKs understand. */
    static String problem(Problem problem, String detail, String openaiType, String openaiCode) {
        ObjectNode body = JSON.createObjectNode()
                .put("type", problem.type())
                .put("title", problem.title())
                .put("status", problem.status())
                .put("detail", detail);
        String policy = problem.violatedPolicy();
        if (policy != null) {
            body.putArray("violated-policies").add(policy);
        }
        putOpenaiError(body, detail, openaiType, openaiCode);
        return JSON.writeValueAsString(body);
    }

    private static void putOpenaiError(ObjectNode body, String message, String type, String code) {
        body.putObject("error")
                .put("message", message)
                .put("type", type)
                .putNull("param")
                .put("code", code);
    }

    /** The kind of problem, which is the same for every occurrence but for the policy. */
    record Problem(
            String type, String title, int status, @Nullable String violatedPolicy) {}
}
