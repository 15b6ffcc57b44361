package io.github.headgate.contract;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitStore;
import io.github.headgate.LimitUsage;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** A store whose time the test sets, asked one question after the other. */
public final class StoreUnderTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final LimitStore store;
    private long micros = 1_700_000_000_000_000L;

    /** @param make makes the store, given its time in microseconds */
    public StoreUnderTest(Function<LongSupplier, LimitStore> make) {
        // Each call a microsecond later than the last: a store may tell states by when they were made.
        this.store = make.apply(() -> micros++);
    }

    /** The store's time in milliseconds. */
    public long now() {
        return micros / 1000;
    }

    public void setNow(long millis) {
        micros = millis * 1000;
    }

    public void advance(long millis) {
        setNow(now() + millis);
    }

    public Decision decide(Key key, Rule rule, int permits, long maxWaitMillis) {
        return decide(store, new LimitRequest(key, rule, permits, maxWaitMillis))
                .join();
    }

    /** Asks a store; the answer is in the future, within twenty seconds. */
    public static CompletableFuture<Decision> decide(LimitStore store, LimitRequest request) {
        CompletableFuture<Decision> answer = new CompletableFuture<>();
        store.decide(request, new DecisionSink() {
            @Override
            public void decided(Decision decision, Origin origin) {
                answer.complete(decision);
            }

            @Override
            public void failed(Throwable cause) {
                answer.completeExceptionally(cause);
            }

            @Override
            public boolean isCancelled() {
                return false;
            }
        });
        return answer.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    public void giveBack(Charge charge) {
        store.giveBack(charge);
    }

    public List<LimitUsage> usage(Key key, Rule rule) {
        return store.usage(key, rule).blockOptional(PATIENCE).orElseThrow();
    }

    public void reset(Key key) {
        store.reset(key).block(PATIENCE);
    }
}
