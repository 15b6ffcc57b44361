package io.github.headgate.filter;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.KeyStatus;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitUsage;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A stub that answers each key as a test tells it to, a grant if it does not, and keeps what it was asked. */
final class ScriptedLimiter implements ProviderRateLimiter {

    final List<Call> calls = new ArrayList<>();
    final List<Key> givenBack = new ArrayList<>();

    private final Map<String, Mono<Decision>> answers = new HashMap<>();

    /** One subscription to a decision; maxWait is null for a check. */
    record Call(
            String key,
            @Nullable String tier,
            int permits,
            @Nullable Duration maxWait) {}

    ScriptedLimiter answer(String key, Mono<Decision> answer) {
        answers.put(key, answer);
        return this;
    }

    ScriptedLimiter answer(String key, Decision answer) {
        return answer(key, Mono.just(answer));
    }

    @Override
    public Mono<Decision> check(Key key, @Nullable String tier, int permits) {
        return decide(new Call(key.toString(), tier, permits, null), key);
    }

    @Override
    public Mono<Decision> acquire(Key key, @Nullable String tier, int permits, Duration maxWait) {
        return decide(new Call(key.toString(), tier, permits, maxWait), key);
    }

    private Mono<Decision> decide(Call call, Key key) {
        return Mono.defer(() -> {
            calls.add(call);
            return answers.getOrDefault(key.toString(), Mono.just(granted(key, 59)));
        });
    }

    @Override
    public void giveBack(Decision.Granted granted) {
        givenBack.add(granted.charge().key());
    }

    @Override
    public Mono<KeyStatus> status(Key key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> reset(Key key) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> setUserRule(String user, Rule rule) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> clearUserRule(String user) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> setUserTier(String user, String tier) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> setTierRule(String tier, Rule rule) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> clearTierRule(String tier) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> setProviderRule(String provider, Rule rule) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Mono<Void> clearProviderRule(String provider) {
        throw new UnsupportedOperationException();
    }

    static Decision.Granted granted(Key key, int remaining) {
        return new Decision.Granted(List.of(minute(remaining)), 0, new ScriptedCharge(key, 1));
    }

    static Decision.Denied denied() {
        return new Decision.Denied(List.of(minute(0)), LimitKind.MINUTE, 1, 2_000L, Decision.Reason.OVER_LIMIT);
    }

    private static LimitUsage minute(int remaining) {
        return new LimitUsage(LimitKind.MINUTE, 60, remaining, 20_000, remaining == 0 ? 2_000 : 0);
    }

    private record ScriptedCharge(Key key, int permits) implements Charge {}
}
