package io.github.headgate.redis;

import io.github.headgate.Decision.Denied;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers for up to one second which requests Redis has just denied, so that the same question need not be asked
 * again before its answer can change by itself.
 *
 * <p>What makes room sooner, a reset, another rule or a refund elsewhere, therefore shows within one second. Bounded:
 * when it is full, it forgets everything, and Redis is asked again.
 */
final class DenialMemory {

    private static final long LONGEST_NANOS = 1_000_000_000;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final ConcurrentHashMap<Key, Memory> memories = new ConcurrentHashMap<>();
    private final int capacity;

    /** @param capacity the most keys remembered; 0 remembers nothing */
    DenialMemory(int capacity) {
        this.capacity = capacity;
    }

    /**
     * Remembers a denial.
     *
     * @param askedNanos when the question was sent: by then at the latest the answer was true
     * @param toldNanos when the answer came
     */
    void remember(LimitRequest request, Denied denied, long askedNanos, long toldNanos) {
        Long retryAfter = denied.retryAfterMillis();
        // Redis counts in whole milliseconds, so its answer may end up to one sooner than it says.
        long nanos = retryAfter == null ? LONGEST_NANOS : Math.min(LONGEST_NANOS, (retryAfter - 1) * NANOS_PER_MILLI);
        if (toldNanos - askedNanos < nanos && capacity > 0) {
            if (memories.size() >= capacity) {
                memories.clear();
            }
            memories.put(request.key(), new Memory(request, denied, askedNanos, nanos, toldNanos));
        }
    }

    /** What a request would be told by Redis; null when that has to be asked. */
    @Nullable
    Denied recall(LimitRequest request, long nowNanos) {
        Memory memory = memories.get(request.key());
        return memory != null && memory.answers(request, nowNanos) ? memory.deniedAt(nowNanos) : null;
    }

    void forget(Key key) {
        memories.remove(key);
    }

    int size() {
        return memories.size();
    }

    private record Memory(LimitRequest request, Denied denied, long askedNanos, long validNanos, long toldNanos) {

        boolean answers(LimitRequest other, long nowNanos) {
            long age = nowNanos - askedNanos;
            return age >= 0
                    && age < validNanos
                    && other.permits() == request.permits()
                    && other.maxWaitMillis() == request.maxWaitMillis()
                    && other.rule().equals(request.rule());
        }

        /** The denial as it reads now, times rounded up: whoever asks again then is not too early. */
        Denied deniedAt(long nowNanos) {
            long elapsed = Math.max(0, nowNanos - toldNanos) / NANOS_PER_MILLI;
            if (elapsed == 0) {
                return denied;
            }
            List<LimitUsage> usage = new ArrayList<>(denied.usage().size());
            for (LimitUsage each : denied.usage()) {
                usage.add(each.after(elapsed));
            }
            Long retryAfter = denied.retryAfterMillis();
            return new Denied(
                    usage,
                    denied.hit(),
                    denied.permits(),
                    retryAfter == null ? null : Math.max(1, retryAfter - elapsed),
                    denied.reason());
        }
    }
}
