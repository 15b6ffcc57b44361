package io.github.headgate.failover;

import io.github.headgate.redis.CallListener;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Says who decides: Redis, until too many of its calls fail; then the local store, until Redis is trusted again. */
final class StoreSwitch implements CallListener {

    /** The calls that the breaker looks back on. */
    private static final int WINDOW = 20;

    private final CircuitBreaker breaker = CircuitBreaker.of(
            "headgate-redis",
            CircuitBreakerConfig.custom()
                    // Outcomes are recorded on event loops, which no lock may hold up.
                    .slidingWindow(
                            WINDOW, 5, SlidingWindowType.COUNT_BASED, SlidingWindowSynchronizationStrategy.LOCK_FREE)
                    .failureRateThreshold(50)
                    // Only a probe closes it: no request is ever an experiment.
                    .waitDurationInOpenState(Duration.ofDays(3650))
                    .build());

    /**
     * Answers that the breaker has heard of since the last failure. It is told no more than fill its window: another
     * one would leave the window as it is, but for a new node in a linked list. Once one of those lies in the old
     * generation, a collector keeps all that came after it, and each pause grows by walking them.
     */
    private final AtomicInteger answersInARow = new AtomicInteger();

    private final AtomicLong failovers = new AtomicLong();
    private volatile StoreState state = new StoreState(StoreState.Mode.SHARED, Instant.now());

    /**
     * @param onLocal runs each time that Redis is given up
     * @param onShared runs each time that it is trusted again
     */
    StoreSwitch(Runnable onLocal, Runnable onShared) {
        breaker.getEventPublisher().onStateTransition(event -> {
            switch (event.getStateTransition().getToState()) {
                case OPEN -> {
                    failovers.incrementAndGet();
                    settle();
                    onLocal.run();
                }
                case CLOSED -> {
                    settle();
                    onShared.run();
                }
                default -> {}
            }
        });
    }

    /** As the breaker stands, not as the event says: two events may come in the other order than what they tell of. */
    private synchronized void settle() {
        StoreState.Mode mode = isShared() ? StoreState.Mode.SHARED : StoreState.Mode.LOCAL;
        if (state.mode() != mode) {
            state = new StoreState(mode, Instant.now());
        }
    }

    @Override
    public void answered(long nanos) {
        if (answersInARow.get() < WINDOW && breaker.tryAcquirePermission()) {
            // Counted first: of two at once, a failure is looked back on for too many answers, never for too few.
            answersInARow.incrementAndGet();
            breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void failed(long nanos, Throwable cause) {
        if (breaker.tryAcquirePermission()) {
            breaker.onError(nanos, TimeUnit.NANOSECONDS, cause);
            answersInARow.set(0);
        }
    }

    void giveUp() {
        breaker.transitionToOpenState();
    }

    void trust() {
        answersInARow.set(0);
        breaker.transitionToClosedState();
    }

    boolean isShared() {
        return breaker.getState() == CircuitBreaker.State.CLOSED;
    }

    CircuitBreaker breaker() {
        return breaker;
    }

    StoreState state() {
        return state;
    }

    /** How often Redis was given up. */
    long failovers() {
        return failovers.get();
    }
}
