package io.github.headgate.filter;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.http.Dialect;
import io.github.headgate.http.LimitHeaders;
import io.github.headgate.http.ShadowHeader;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/**
 * What one exchange was charged by all the filters on its route, so that no key is charged twice, and everything is
 * given back when a later filter refuses or the caller leaves before the request goes.
 *
 * <p>Thread-safe: a caller leaves on another thread than the one a wait ends on.
 */
final class Charges {

    private static final String ATTRIBUTE = Charges.class.getName();

    private final ProviderRateLimiter limiter;
    private List<Charged> charged = List.of();
    private List<String> shadowed = List.of();
    private boolean deciding;
    private boolean enforced;
    private boolean refused;

    private Charges(ProviderRateLimiter limiter) {
        this.limiter = limiter;
    }

    /**
     * One grant.
     *
     * @param headers whether its limits are to be shown
     * @param shadow whether the request went without the wait
     */
    record Charged(Key key, Decision.Granted granted, Dialect dialect, boolean headers, Instant at, boolean shadow) {}

    /** The charges of an exchange, empty at first; from then on its response shows them. */
    static Charges of(ServerWebExchange exchange, ProviderRateLimiter limiter) {
        Charges present = exchange.getAttribute(ATTRIBUTE);
        if (present != null) {
            return present;
        }
        Charges created = new Charges(limiter);
        exchange.getAttributes().put(ATTRIBUTE, created);
        // Not earlier: what the upstream answers is added to headers that are already there.
        exchange.getResponse().beforeCommit(() -> {
            created.writeHeaders(exchange);
            return Mono.empty();
        });
        return created;
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
        enforced |= !shadow;
    }

    /** Keeps a grant; one that comes after the caller has left is given back. */
    synchronized void grant(Charged grant) {
        if (!deciding) {
            limiter.giveBack(grant.granted());
            return;
        }
        deciding = false;
        charged = with(charged, grant);
    }

    /** Ends a decision that charged nothing, because the key is covered. */
    synchronized void keep() {
        deciding = false;
    }

    /** Ends a decision that nobody is held to; what was charged before stays. */
    synchronized void shadow(String verdict) {
        deciding = false;
        shadowed = with(shadowed, verdict);
    }

    /** Gives everything back, and leaves the response to the refusal. */
    synchronized void refuse() {
        deciding = false;
        refused = true;
        giveBack();
    }

    /** Gives everything back if the request has not gone yet; afterwards it stays spent. */
    synchronized void abandon() {
        if (deciding) {
            deciding = false;
            giveBack();
        }
    }

    private void giveBack() {
        for (Charged each : charged) {
            limiter.giveBack(each.granted());
        }
        charged = List.of();
    }

    /** The list and one more; mostly that is the only one, because a route has one filter. */
    private static <T> List<T> with(List<T> list, T last) {
        return list.isEmpty()
                ? List.of(last)
                : Stream.concat(list.stream(), Stream.of(last)).toList();
    }

    private synchronized void writeHeaders(ServerWebExchange exchange) {
        if (refused) {
            return;
        }
        HttpHeaders headers = exchange.getResponse().getHeaders();
        if (!shadowed.isEmpty()) {
            headers.put(ShadowHeader.NAME, shadowed);
        }
        if (!enforced) {
            return;
        }
        // The gateway has noted them already; the response would make another set of all its headers' names.
        Set<String> fromUpstream = exchange.getAttribute(ServerWebExchangeUtils.CLIENT_RESPONSE_HEADER_NAMES);
        LimitHeaders.removeProviders(headers, fromUpstream == null ? headers.headerNames() : fromUpstream);
        Charged shown = tightest();
        if (shown != null) {
            LimitHeaders.write(headers, shown.dialect(), shown.granted(), shown.at());
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
