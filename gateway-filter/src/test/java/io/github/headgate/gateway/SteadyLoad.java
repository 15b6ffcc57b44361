package io.github.headgate.gateway;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import reactor.core.Disposable;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/**
 * Requests at a high steady rate; of each is kept only what is counted. It holds back while many are open that nobody
 * holds, because a machine that cannot keep up would show nothing but its own queues.
 */
final class SteadyLoad implements AutoCloseable {

    /** An answer that takes longer is none. */
    private static final Duration NO_ANSWER = Duration.ofSeconds(20);

    private static final int LONGEST_MILLIS = 20_000;
    private static final int MOST_BUSY = 128;
    private static final int CONNECTIONS = 512;

    private final ConnectionProvider pool = ConnectionProvider.builder("load")
            // More, made all at once, would run into the limits of the system's own queues and not the gateway's.
            .maxConnections(CONNECTIONS)
            .pendingAcquireMaxCount(-1)
            .build();
    private final HttpClient client =
            HttpClient.create(pool).responseTimeout(NO_ANSWER).disableRetry(true);
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final int perMilli;
    private final LongFunction<Request> mix;
    private final ScheduledFuture<?> sending;
    private final long start = System.nanoTime();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicInteger left = new AtomicInteger();
    private final Map<Integer, AtomicLong> statuses = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicIntegerArray promptAfterMillis = new AtomicIntegerArray(LONGEST_MILLIS + 1);
    private final Map<String, Grants> grants = new ConcurrentHashMap<>();

    /** What becomes of a request. */
    enum Kind {
        /** Its time to an answer counts. */
        PROMPT,
        /** So does each grant of its user. */
        LIMITED,
        /** It may be held, and that is no fault. */
        HELD,
        /** The same, but its caller has no patience. */
        LEAVING
    }

    record Request(TestGateway gateway, String path, String user, Kind kind) {}

    /** @param mix says what the n-th request is */
    SteadyLoad(int perSecond, LongFunction<Request> mix) {
        this.perMilli = perSecond / 1_000;
        this.mix = mix;
        sending = clock.scheduleAtFixedRate(this::sendSome, 1, 1, TimeUnit.MILLISECONDS);
    }

    private void sendSome() {
        for (int i = 0; i < perMilli && busy.get() < MOST_BUSY; i++) {
            send(mix.apply(sent.getAndIncrement()));
        }
    }

    private void send(Request request) {
        boolean prompt = request.kind == Kind.PROMPT || request.kind == Kind.LIMITED;
        open.incrementAndGet();
        busy.addAndGet(prompt ? 1 : 0);
        long begin = System.nanoTime();
        Disposable call = client.headers(headers -> headers.set("X-User-Id", request.user))
                .get()
                .uri("http://127.0.0.1:" + request.gateway.port() + request.path)
                .response((response, body) ->
                        body.then().thenReturn(response.status().code()))
                .doOnCancel(left::incrementAndGet)
                .doFinally(signal -> {
                    open.decrementAndGet();
                    busy.addAndGet(prompt ? -1 : 0);
                })
                .subscribe(
                        status -> answered(request, status, begin),
                        failure -> failures.add(
                                request.path + " sent at " + (begin - start) / 1_000_000 + " ms: " + failure));
        if (request.kind == Kind.LEAVING) {
            var unused = clock.schedule(call::dispose, 100, TimeUnit.MILLISECONDS);
        }
    }

    private void answered(Request request, int status, long begin) {
        long end = System.nanoTime();
        statuses.computeIfAbsent(status, code -> new AtomicLong()).incrementAndGet();
        if (request.kind == Kind.PROMPT || request.kind == Kind.LIMITED) {
            promptAfterMillis.incrementAndGet((int) Math.min(LONGEST_MILLIS, (end - begin) / 1_000_000));
        }
        if (request.kind == Kind.LIMITED && status == 200) {
            grants.computeIfAbsent(request.user, user -> new Grants()).add(begin - start, end - start);
        }
    }

    /** Sends no more, and returns when all that was sent is answered. */
    void stop() {
        sending.cancel(false);
        await().atMost(NO_ANSWER.plusSeconds(5)).until(() -> open.get() == 0);
    }

    long sent() {
        return sent.get();
    }

    /** Requests whose callers did not wait for the answer. */
    int left() {
        return left.get();
    }

    Map<Integer, AtomicLong> statuses() {
        return statuses;
    }

    /** Requests without an answer, but for those whose callers left, each with what happened to it. */
    Queue<String> failures() {
        return failures;
    }

    /** The longest that an answer took of the given part of those that are never held; in milliseconds. */
    int millis(double quantile) {
        long all = 0;
        for (int i = 0; i <= LONGEST_MILLIS; i++) {
            all += promptAfterMillis.get(i);
        }
        long within = 0;
        for (int i = 0; i <= LONGEST_MILLIS; i++) {
            within += promptAfterMillis.get(i);
            if (within >= all * quantile) {
                return i;
            }
        }
        return LONGEST_MILLIS;
    }

    /** The most that a limited user was granted within an interval. */
    int mostGranted(Duration interval) {
        return grants.values().stream()
                .mapToInt(each -> each.most(interval.toNanos()))
                .max()
                .orElse(0);
    }

    @Override
    public void close() {
        clock.shutdownNow();
        pool.disposeLater().block();
    }

    /** The grants of a user, each somewhere between two instants. */
    private static final class Grants {

        private final Queue<long[]> grants = new ConcurrentLinkedQueue<>();

        void add(long sent, long answered) {
            grants.add(new long[] {sent, answered});
        }

        /** How many were certainly within one interval of that length. */
        int most(long nanos) {
            int most = 0;
            for (long[] first : grants) {
                int within = 0;
                for (long[] each : grants) {
                    within += each[0] >= first[0] && each[1] <= first[0] + nanos ? 1 : 0;
                }
                most = Math.max(most, within);
            }
            return most;
        }
    }
}
