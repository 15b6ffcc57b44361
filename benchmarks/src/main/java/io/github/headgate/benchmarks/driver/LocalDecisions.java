package io.github.headgate.benchmarks.driver;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.benchmarks.subject.SubjectKind;
import io.github.headgate.local.LocalStore;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.ThreadParams;

/** One check in this process's memory, found by key. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LocalDecisions {

    private static final int LARGE = SubjectKind.Limits.PER_WINDOW;
    private static final int SMALL = 5;

    @Param({"1", "10000"})
    public int keys;

    @Param({"granted", "denied"})
    public String outcome = "granted";

    private Key[] ids = {};
    private String[] names = {};
    private Rule rule = SubjectKind.Limits.NEVER_REACHED;
    private final LocalStore store = new LocalStore(100_000);
    private final ConcurrentHashMap<String, Bucket> buckets = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, RateLimiter> limiters = new ConcurrentHashMap<>();

    /** Makes every key known, and uses it up when it is to be denied; each thread has as many keys. */
    @Setup
    public void fill(BenchmarkParams params) {
        int all = keys == 1 ? 1 : keys * params.getThreads();
        boolean denied = outcome.equals("denied");
        int limit = denied ? SMALL : LARGE;
        int burst = denied ? SMALL : Rule.MAX_BURST_CAPACITY;
        rule = Rule.of(limit, limit, limit, burst);
        ids = new Key[all];
        names = new String[all];
        RateLimiterConfig config = RateLimiterConfig.custom()
                .limitForPeriod(limit)
                .limitRefreshPeriod(Duration.ofDays(1))
                .timeoutDuration(Duration.ZERO)
                .build();
        for (int i = 0; i < all; i++) {
            names[i] = "user-" + i;
            ids[i] = Key.of("bench", names[i]);
            buckets.put(names[i], bucket(limit, burst));
            limiters.put(names[i], RateLimiter.of(names[i], config));
            for (int spent = 0; spent < SMALL; spent++) {
                headgate(i);
                bucket4j(i);
                resilience4j(i);
            }
        }
    }

    /** The four limits. */
    private static Bucket bucket(int limit, int burst) {
        return Bucket.builder()
                .addLimit(each -> each.capacity(limit).refillGreedy(limit, Duration.ofMinutes(1)))
                .addLimit(each -> each.capacity(limit).refillGreedy(limit, Duration.ofHours(1)))
                .addLimit(each -> each.capacity(limit).refillGreedy(limit, Duration.ofDays(1)))
                .addLimit(each -> each.capacity(burst).refillGreedy(limit, Duration.ofMinutes(1)))
                .build();
    }

    /** Where a thread is in its keys. All threads share a single key; of many, each has its own. */
    @State(Scope.Thread)
    public static class Position {

        // A step that is prime to the number of keys reaches all of them, and never the neighbour next.
        private static final int STEP = 7_919;

        private int first;
        private int at;

        /** Gives the thread its keys. */
        @Setup
        public void begin(ThreadParams thread, LocalDecisions decisions) {
            first = decisions.keys == 1 ? 0 : thread.getThreadIndex() * decisions.keys;
        }

        int next(int keys) {
            at = (at + STEP) % keys;
            return first + at;
        }
    }

    @Benchmark
    public Decision headgate(Position position) {
        return headgate(position.next(keys));
    }

    private Decision headgate(int index) {
        return store.decide(new LimitRequest(ids[index], rule, 1, 0));
    }

    @Benchmark
    public ConsumptionProbe bucket4j(Position position) {
        return bucket4j(position.next(keys));
    }

    private ConsumptionProbe bucket4j(int index) {
        Bucket bucket = buckets.get(names[index]);
        if (bucket == null) {
            throw new IllegalStateException(names[index]);
        }
        return bucket.tryConsumeAndReturnRemaining(1);
    }

    @Benchmark
    public boolean resilience4j(Position position) {
        return resilience4j(position.next(keys));
    }

    private boolean resilience4j(int index) {
        RateLimiter limiter = limiters.get(names[index]);
        if (limiter == null) {
            throw new IllegalStateException(names[index]);
        }
        return limiter.acquirePermission();
    }
}
