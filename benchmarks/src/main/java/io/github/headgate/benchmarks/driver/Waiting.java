package io.github.headgate.benchmarks.driver;

import io.github.headgate.Rule;
import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.report.Table;
import io.github.headgate.benchmarks.report.Table.Role;
import io.github.headgate.benchmarks.report.Table.Row;
import io.github.headgate.benchmarks.report.Target;
import io.github.headgate.benchmarks.report.Unit;
import io.github.headgate.benchmarks.subject.Headgate;
import io.github.headgate.benchmarks.subject.HeadgateFilter;
import io.github.headgate.benchmarks.subject.RedisUnderTest;
import io.github.headgate.filter.Mode;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.local.LocalStore;
import io.github.headgate.rules.RuleBook;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.springframework.cloud.gateway.filter.GatewayFilter;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The heap that a request takes while the filter holds it, beside the same exchange held by a bare delay. */
public final class Waiting {

    private static final int A_KEY = 100;

    /** One permit every 0.58 s: the last of a hundred waits nearly as long as is allowed. */
    private static final Rule SLOW = new Rule(null, 6_200, 100_000, 1);

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final RedisUnderTest redis;
    private final int waiters;

    public Waiting(RedisUnderTest redis, Effort effort) {
        this.redis = redis;
        this.waiters = effort.waiters();
    }

    public Result run() throws InterruptedException {
        // What earlier measurements have left behind is collected on the first pass; it does not count.
        delayed();
        double delay = delayed();
        double local = limited(new StoreRateLimiter(
                new LocalStore(waiters), RuleBook.builder(SLOW).build(), waiters, A_KEY, Schedulers.parallel()));
        double shared;
        try (Headgate headgate = new Headgate(redis.url(), SLOW)) {
            shared = limited(headgate.limiter());
        } finally {
            redis.flush();
        }
        Table table = new Table(
                "Heap of a waiting request",
                String.format(
                        "%,d exchanges held at once, heap after a full collection, without the exchange.", waiters),
                Unit.BYTES,
                List.of("bytes"),
                List.of(
                        new Row("bare Mono.delay", Role.FLOOR, List.of(delay)),
                        new Row("Headgate in memory", Role.OURS, List.of(local)),
                        new Row("Headgate on Redis", Role.OURS, List.of(shared))));
        return new Result(
                List.of(table),
                List.of(Target.atMost(
                        7,
                        "heap of a waiting request over a bare Mono.delay",
                        Math.max(local, shared) - delay,
                        Unit.BYTES,
                        1_023)));
    }

    private double delayed() throws InterruptedException {
        return bytesEach(
                (exchange, chain) -> Mono.delay(Duration.ofSeconds(60)).then(Mono.defer(() -> chain.filter(exchange))),
                () -> waiters);
    }

    private double limited(StoreRateLimiter limiter) throws InterruptedException {
        return bytesEach(HeadgateFilter.over(limiter, Mode.WAIT), limiter::waiting);
    }

    /** @param waiting how many wait just now */
    private double bytesEach(GatewayFilter filter, IntSupplier waiting) throws InterruptedException {
        List<ServerWebExchange> exchanges = exchanges();
        List<Disposable> held = new ArrayList<>(exchanges.size());
        long before = heapAfterCollection();
        for (ServerWebExchange exchange : exchanges) {
            held.add(filter.filter(exchange, admitted -> Mono.empty()).subscribe());
        }
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        // Some of the first may have gone before the last have come.
        while (waiting.getAsInt() < waiters * 9 / 10) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("only " + waiting.getAsInt() + " wait");
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        double bytes = (heapAfterCollection() - before) / (double) waiting.getAsInt();
        held.forEach(Disposable::dispose);
        return bytes;
    }

    /** As many as wait, and for each key the one that need not. */
    private List<ServerWebExchange> exchanges() {
        List<ServerWebExchange> exchanges = new ArrayList<>();
        for (int key = 0; key < waiters / A_KEY; key++) {
            for (int i = 0; i <= A_KEY; i++) {
                exchanges.add(MockServerWebExchange.from(
                        MockServerHttpRequest.get("/").header(HeadgateFilter.USER_HEADER, "user-" + key)));
            }
        }
        return exchanges;
    }

    private static long heapAfterCollection() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
