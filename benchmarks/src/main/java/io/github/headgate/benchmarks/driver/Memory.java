package io.github.headgate.benchmarks.driver;

import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.arithmetic.KeyState;
import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.report.Table;
import io.github.headgate.benchmarks.report.Table.Role;
import io.github.headgate.benchmarks.report.Table.Row;
import io.github.headgate.benchmarks.report.Target;
import io.github.headgate.benchmarks.report.Unit;
import io.github.headgate.benchmarks.subject.Headgate;
import io.github.headgate.benchmarks.subject.RedisUnderTest;
import java.util.List;
import org.openjdk.jol.info.GraphLayout;

/** What one key weighs, in Redis and in memory. */
public final class Memory {

    /** The largest of the built-in rules. */
    private static final Rule RULE = Rule.of(60, 3_500, 100_000, 20);

    private static final Rule MILLIONS = Rule.of(1_000_000, 10_000_000, 100_000_000, 1_000_000);

    /** As long as ids may be for the promise to hold. */
    private static final String USER = "u".repeat(32);

    private final RedisUnderTest redis;

    public Memory(RedisUnderTest redis) {
        this.redis = redis;
    }

    public Result run() throws InterruptedException {
        double fresh = inRedis(RULE, false);
        double busy = inRedis(RULE, true);
        double millions = inRedis(MILLIONS, true);
        double local = inMemory(RULE);
        Table table = new Table(
                "Memory of a key",
                "Redis: MEMORY USAGE, an id of 32 characters. In memory: JOL, the state with all that it refers to,"
                        + " without map entry and id. Busy: permits in every slot of all three windows.",
                Unit.BYTES,
                List.of("bytes"),
                List.of(
                        row("Redis, one request", fresh),
                        row("Redis, busy, 100,000 a day", busy),
                        row("Redis, busy, 100,000,000 a day", millions),
                        row("in memory, busy, 100,000 a day", local)));
        return new Result(
                List.of(table),
                List.of(
                        Target.atMost(7, "key in Redis with one request", fresh, Unit.BYTES, 249),
                        Target.atMost(7, "busy key in Redis", Math.max(busy, millions), Unit.BYTES, 1_024),
                        Target.atMost(7, "state of a busy key in memory", local, Unit.BYTES, 1_024)));
    }

    private static Row row(String name, double bytes) {
        return new Row(name, Role.OURS, List.of(bytes));
    }

    private double inRedis(Rule rule, boolean busy) throws InterruptedException {
        try (Headgate headgate = new Headgate(redis.url(), rule)) {
            if (busy) {
                History.fill(headgate, USER, rule);
            }
            Pipeline.send(headgate, 1, i -> USER);
            return redis.memoryUsage(Headgate.redisKey(USER));
        } finally {
            redis.flush();
        }
    }

    private static double inMemory(Rule rule) {
        // Without it JOL cannot look into records.
        System.setProperty("jol.magicFieldOffset", "true");
        KeyState state = new KeyState(1);
        Key key = Key.of(Headgate.PROVIDER, USER);
        long now = 10 * 86_400_000L;
        History.of(rule, (permits, age) -> state.charge(new LimitRequest(key, rule, permits, 0), now, -age));
        return GraphLayout.parseInstance(state).totalSize();
    }
}
