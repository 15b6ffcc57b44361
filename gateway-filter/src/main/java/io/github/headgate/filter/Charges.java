package io.github.headgate.filter;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.http.Dialect;
import io.github.headgate.http.LimitHeaders;
import io.github.headgate.http.ShadowHeader;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * What one exchange was charged by all the filters on its route, so that no key is charged twice, and everything is
 * given back when a later filter refuses or the caller leaves before the request goes. Its response shows them.
 *
 * <p>Thread-safe: a caller leaves on another thread than the one a wait ends on.
 */
final class Charges {

    private static final String ATTRIBUTE = Charges.class.getName();

    private final ProviderRateLimiter limiter;
    private final ServerHttpResponse response;
    /** By a filter outside, such as a cache, which may keep for other callers what it finds on the response. */
    private final boolean isWatched;

    private List<Charged> charged = List.of();
    private List<String> shadowed = List.of();
    private @Nullable Dialect shown;
    private boolean deciding;
    private boolean enforced;
    private boolean refused;
    private boolean gone;

    private Charges(ProviderRateLimiter limiter, ServerHttpResponse response) {
        this.limiter = limiter;
        this.response = response;
        this.isWatched = response instanceof ServerHttpResponseDecorator;
    }

    /**
     * One grant.
     *
     * @param headers whether its limits are to be shown
     * @param shadow whether the request went without the wait
     */
    record Charged(Key key, Decision.Granted granted, Dialect dialect, boolean headers, Instant at, boolean shadow) {}

    /** The charges of an exchange, empty at first. */
    static Charges of(ServerWebExchange exchange, ProviderRateLimiter limiter) {
        Charges present = present(exchange);
        if (present != null) {
            return present;
        }
        ServerHttpResponse response = exchange.getResponse();
        Charges created = new Charges(limiter, response);
        exchange.getAttributes().put(ATTRIBUTE, created);
        if (created.isWatched) {
            response.beforeCommit(() -> {
                created.showAtCommit();
                return Mono.empty();
            });
        }
        return created;
    }

    /** The charges of an exchange that came to a filter which limits; null: of any other. */
    static @Nullable Charges present(ServerWebExchange exchange) {
        return exchange.getAttribute(ATTRIBUTE);
    }

    /** Whether a key is charged already. A wait that did not take place covers only who would not wait either. */
    synchronized boolean cover(Key key, boolean shadow) {
        for (Charged each : charged) {
            if (each.key().equals(key)) {
                if (shadow || !each.shadow() || each.granted().delayMillis() == 0) {
                    return true;
                }
                limiter.giveBack(each.granted());
                charged = charged.stream()
                        .filter(other -> !other.key().equals(key))
                        .toList();
                return false;
            }
        }
        return false;
    }

    /** @param shadow whether the response stays as it is, but for the header that says what was decided */
    synchronized void startDeciding(boolean shadow) {
        deciding = true;
        refused = false;
        gone = false;
        enforced |= !shadow;
    }

    /** Keeps a grant, and shows it; one that comes after the caller has left is given back. */
    synchronized void grant(Charged grant) {
        if (!deciding) {
            limiter.giveBack(grant.granted());
            return;
        }
        deciding = false;
        charged = with(charged, grant);
        showAtOnce();
    }

    /** Ends a decision that charged nothing, because the key is covered, and shows again what did. */
    synchronized void keep() {
        deciding = false;
        showAtOnce();
    }

    /** Ends a decision that nobody is held to, and shows it; what was charged before stays. */
    synchronized void shadow(String verdict) {
        deciding = false;
        shadowed = with(shadowed, verdict);
        showAtOnce();
    }

    /** Gives everything back, and leaves the response to the refusal. */
    synchronized void refuse() {
        deciding = false;
        refused = true;
        giveBack();
        if (!shadowed.isEmpty() && mayWrite()) {
            response.getHeaders().remove(ShadowHeader.NAME);
        }
    }

    /** Gives everything back if the request has not gone yet; afterwards it stays spent. */
    synchronized void abandon() {
        if (deciding) {
            deciding = false;
            giveBack();
            gone = true;
        }
    }

    private void giveBack() {
        for (Charged each : charged) {
            limiter.giveBack(each.granted());
        }
        charged = List.of();
        if (mayWrite()) {
            hide();
        }
    }

    /** The list and one more; mostly that is the only one, because a route has one filter. */
    private static <T> List<T> with(List<T> list, T last) {
        return list.isEmpty()
                ? List.of(last)
                : Stream.concat(list.stream(), Stream.of(last)).toList();
    }

    /** Whether what an upstream says of the limits of the gateway's own account is to be kept off the response. */
    synchronized boolean overridesLimits() {
        return enforced;
    }

    /** The headers of an upstream without a verdict of its own, where the response has one of ours. */
    synchronized HttpHeaders withoutVerdict(HttpHeaders fromUpstream) {
        return shadowed.isEmpty() ? fromUpstream : ShadowHeader.absentFrom(fromUpstream);
    }

    /** The response of a caller that has gone may be another thread's by now. */
    private boolean mayWrite() {
        return !gone && !response.isCommitted();
    }

    /**
     * While all of it is at hand, for an action of the commit costs more than the headers; filters outside see them.
     */
    private void showAtOnce() {
        if (!isWatched && mayWrite()) {
            show();
        }
    }

    private synchronized void showAtCommit() {
        if (!refused) {
            show();
        }
    }

    private void show() {
        HttpHeaders headers = response.getHeaders();
        if (!shadowed.isEmpty()) {
            headers.put(ShadowHeader.NAME, shadowed);
        }
        Charged tightest = tightest();
        if (tightest != null) {
            if (shown != tightest.dialect()) {
                hide();
            }
            LimitHeaders.write(headers, tightest.dialect(), tightest.granted(), tightest.at());
            shown = tightest.dialect();
        }
    }

    private void hide() {
        if (shown != null) {
            LimitHeaders.erase(response.getHeaders());
            shown = null;
        }
    }

    private @Nullable Charged tightest() {
        Charged tightest = null;
        // By index: an iterator would be an object more for each response.
        for (int i = 0; i < charged.size(); i++) {
            Charged each = charged.get(i);
            if (each.headers() && (tightest == null || remaining(each) < remaining(tightest))) {
                tightest = each;
            }
        }
        return tightest;
    }

    private static int remaining(Charged each) {
        return each.granted().tightest().remaining();
    }
}
