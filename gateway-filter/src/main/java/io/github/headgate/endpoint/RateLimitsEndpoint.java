package io.github.headgate.endpoint;

import io.github.headgate.Key;
import io.github.headgate.KeyStatus;
import io.github.headgate.UserId;
import io.github.headgate.failover.StoreView;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.metrics.BusiestKeys;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import reactor.core.publisher.Mono;

/**
 * {@code /actuator/ratelimits}: what holds in this gateway, where one key stands, and its reset.
 *
 * <p>A user is named as keys and logs show him: {@code alice}, {@code ip=1.2.3.4}, {@code #} and a digest, or any other
 * id as it came, in the path or, slashes and all, as {@code ?user=}.
 */
@WebEndpoint(id = "ratelimits")
public final class RateLimitsEndpoint {

    private final StoreRateLimiter limiter;
    private final StoreView store;
    private final BusiestKeys busiest;

    public RateLimitsEndpoint(StoreRateLimiter limiter, StoreView store, BusiestKeys busiest) {
        this.limiter = limiter;
        this.store = store;
        this.busiest = busiest;
    }

    /** Providers, tiers, rules and where each comes from, the store, who waits, who is busiest. Asks no store. */
    @ReadOperation
    public Mono<WebEndpointResponse<Object>> overview() {
        return Mono.fromSupplier(() -> new WebEndpointResponse<>(Overview.of(store, limiter, busiest)));
    }

    /** Where a user stands, or the provider-wide key when there is none. One call, which changes nothing. */
    @ReadOperation
    public Mono<WebEndpointResponse<Object>> status(@Selector String provider, @Nullable String user) {
        return forKey(
                provider,
                user,
                key -> limiter.status(key)
                        .map(it -> isNowhere(it) ? unknown() : new WebEndpointResponse<>(KeyView.of(it, limiter))));
    }

    /** Where a user stands. One call, which changes nothing. */
    @ReadOperation
    public Mono<WebEndpointResponse<Object>> statusOfUser(@Selector String provider, @Selector String user) {
        return status(provider, user);
    }

    /** Forgets the usage of a user, or of the provider-wide key when there is none, in every gateway. */
    @DeleteOperation
    public Mono<WebEndpointResponse<Object>> reset(@Selector String provider, @Nullable String user) {
        return forKey(
                provider,
                user,
                key -> limiter.rules().knowsProvider(provider)
                        ? forget(key)
                        : limiter.status(key).flatMap(it -> isNowhere(it) ? Mono.just(unknown()) : forget(key)));
    }

    private Mono<WebEndpointResponse<Object>> forget(Key key) {
        return limiter.reset(key)
                .then(Mono.fromSupplier(() -> new WebEndpointResponse<>(WebEndpointResponse.STATUS_NO_CONTENT)));
    }

    /** Forgets the usage of a user, in every gateway. */
    @DeleteOperation
    public Mono<WebEndpointResponse<Object>> resetUser(@Selector String provider, @Selector String user) {
        return reset(provider, user);
    }

    private Mono<WebEndpointResponse<Object>> forKey(
            String provider, @Nullable String user, Function<Key, Mono<WebEndpointResponse<Object>>> answer) {
        if (!Key.isProviderName(provider)) {
            return Mono.just(Problem.badRequest("provider", "a provider's name is [a-z0-9][a-z0-9._-]*")
                    .response());
        }
        if (user != null && user.isEmpty()) {
            return Mono.just(
                    Problem.badRequest("user", "a user's id is not empty; without it, the key is the provider's own")
                            .response());
        }
        return answer.apply(new Key(provider, user == null ? null : UserId.parse(user)));
    }

    /** A route that names no provider limits under its own id, which no rule needs to know. */
    private boolean isNowhere(KeyStatus status) {
        return !limiter.rules().knowsProvider(status.key().provider())
                && status.usage().stream().allMatch(it -> it.used() == 0);
    }

    private WebEndpointResponse<Object> unknown() {
        return Problem.notFound(
                        "provider",
                        "no such provider, and no key of that name is in use; there are "
                                + String.join(", ", limiter.rules().providerNames()))
                .response();
    }
}
