package io.github.headgate.http;

import io.github.headgate.Decision;
import org.springframework.http.HttpHeaders;

/** The response header that says what would have become of a request in shadow mode. */
public final class ShadowHeader {

    public static final String NAME = "x-headgate-shadow";

    /** Of a request without a user, where that is refused. */
    public static final String MISSING_USER = "denied; reason=missing-user";

    /** Of a request that could not be decided on. */
    public static final String FAILED = "failed";

    private ShadowHeader() {}

    /** The headers without it; the same ones where it is not among them. */
    public static HttpHeaders absentFrom(HttpHeaders headers) {
        if (!headers.containsHeader(NAME)) {
            return headers;
        }
        HttpHeaders left = HttpHeaders.copyOf(headers);
        left.remove(NAME);
        return left;
    }

    /** For example {@code granted} or {@code denied; limit=minute; retry-after-ms=1234}. */
    public static String of(Decision decision) {
        if (decision instanceof Decision.Granted granted) {
            return granted.delayMillis() == 0 ? "granted" : "waited; delay-ms=" + granted.delayMillis();
        }
        Decision.Denied denied = (Decision.Denied) decision;
        String why = denied.reason() == Decision.Reason.STORE_UNAVAILABLE
                ? "reason=store-unavailable"
                : "limit=" + denied.hit().label();
        Long retryAfter = denied.retryAfterMillis();
        return "denied; " + why + (retryAfter == null ? "" : "; retry-after-ms=" + retryAfter);
    }
}
