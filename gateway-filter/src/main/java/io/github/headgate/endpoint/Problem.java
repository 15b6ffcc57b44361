package io.github.headgate.endpoint;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.MimeType;

/**
 * An RFC 9457 problem that names the field it is about.
 *
 * @param status the HTTP status
 * @param detail what is wrong and what is allowed
 * @param field what of the input is wrong; null when it is not the input
 */
record Problem(
        String type,
        String title,
        int status,
        String detail,
        @Nullable String field) {

    private static final MimeType PROBLEM_JSON = MimeType.valueOf("application/problem+json");

    static Problem badRequest(String field, String detail) {
        return new Problem("about:blank", "Bad Request", 400, detail, field);
    }

    static Problem notFound(String field, String detail) {
        return new Problem("about:blank", "Not Found", 404, detail, field);
    }

    static Problem conflict(String field, String detail) {
        return new Problem("about:blank", "Conflict", 409, detail, field);
    }

    static Problem unavailable(String detail) {
        return new Problem("about:blank", "Service Unavailable", 503, detail, null);
    }

    WebEndpointResponse<Object> response() {
        return new WebEndpointResponse<>(this, status, PROBLEM_JSON);
    }
}
