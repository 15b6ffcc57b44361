package io.github.headgate.benchmarks.driver;

import io.github.headgate.Rule;
import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.report.Table;
import io.github.headgate.benchmarks.report.Table.Role;
import io.github.headgate.benchmarks.report.Table.Row;
import io.github.headgate.benchmarks.report.Target;
import io.github.headgate.benchmarks.report.Unit;
import io.github.headgate.benchmarks.subject.Headgate;
import io.github.headgate.benchmarks.subject.RedisUnderTest;
import io.github.headgate.benchmarks.subject.SubjectKind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** How the time that Redis spends in the script for a check grows: with limits, with history, with keys. */
public final class Growth {

    private static final Rule MILLION_A_DAY = daily(1_000_000);
    /** A step from user to user that meets none twice: a prime. */
    private static final int SCATTERED = 7_919;

    private final RedisUnderTest redis;
    private final int checks;
    private final int manyKeys;
    private final int fewKeys;
    private final int rounds;
    private final int shortRounds;

    public Growth(RedisUnderTest redis, Effort effort) {
        this.redis = redis;
        this.checks = effort.isSmoke() ? 100 : 20_000;
        this.manyKeys = effort.manyKeys();
        this.fewKeys = Math.min(Users.MANY, manyKeys / 10);
        this.rounds = effort.rounds();
        this.shortRounds = effort.shortRounds();
    }

    /** Something measured in microseconds. */
    private interface Measurement {
        double micros() throws InterruptedException;
    }

    public Result run() throws InterruptedException {
        // Client and server are compiled and their caches filled on the first pass; it does not count.
        limits(10);
        List<Row> rows = new ArrayList<>();
        double limits = growth(
                rows, shortRounds, "limits of 10", () -> limits(10), "limits of 1,000,000", () -> limits(1_000_000));
        double history = growth(
                rows,
                shortRounds,
                "permits in two slots",
                () -> history(History::begin),
                "permits in every slot of all windows",
                () -> history(History::fill));
        double slots = growth(
                rows,
                rounds,
                "permits in two slots, first check of a second",
                () -> firstOfASecond(History::begin),
                "permits in every slot of all windows, first check of a second",
                () -> firstOfASecond(History::fill));
        double keys = growth(rows, rounds, named(fewKeys), () -> keys(fewKeys), named(manyKeys), () -> keys(manyKeys));
        Table table = new Table(
                "Script time of a granted check",
                "Microseconds that the server spent in scripts, from INFO commandstats, over checks; the least of "
                        + shortRounds + " rounds each, of the last four " + rounds
                        + ", for a script that was interrupted counts what it waited for its processor, too.",
                Unit.MICROS,
                List.of("a check"),
                rows);
        return new Result(
                List.of(table),
                List.of(
                        Target.atMost(8, "script time, limits of 1,000,000 over 10 a day", limits, Unit.RATIO, 1.2),
                        Target.atMost(8, "script time, full history over hardly any", history, Unit.RATIO, 1.2),
                        Target.atMost(
                                8,
                                "script time of a second's first check, full history over hardly any",
                                slots,
                                Unit.RATIO,
                                1.2),
                        Target.atMost(
                                8,
                                String.format("script time, %,d keys over %,d", manyKeys, fewKeys),
                                keys,
                                Unit.RATIO,
                                2)));
    }

    /**
     * Measures both in turn, for a machine's speed changes while it measures; how the least of each compare. What the
     * server's clock counts beyond the script itself is only ever more.
     */
    private double growth(
            List<Row> rows, int turns, String smallName, Measurement small, String largeName, Measurement large)
            throws InterruptedException {
        double before = Double.POSITIVE_INFINITY;
        double after = Double.POSITIVE_INFINITY;
        for (int turn = 0; turn < turns; turn++) {
            before = Math.min(before, small.micros());
            after = Math.min(after, large.micros());
        }
        rows.add(new Row(smallName, Role.OURS, List.of(before)));
        rows.add(new Row(largeName, Role.OURS, List.of(after)));
        return after / before;
    }

    private static String named(int keys) {
        return String.format("%,d keys", keys);
    }

    private static Rule daily(int limit) {
        return Rule.of(limit, limit, limit, limit);
    }

    /** Five checks of each key, whatever the limit: only the limit differs. */
    private double limits(int limit) throws InterruptedException {
        try (Headgate headgate = new Headgate(redis.url(), daily(limit))) {
            Users users = Users.some(checks / 5);
            return measure(headgate, checks, i -> users.name(i % users.count()));
        } finally {
            redis.flush();
        }
    }

    /** Gives a user's key the past that it is measured with. */
    private interface Preparation {
        void prepare(Headgate headgate, String user, Rule rule);
    }

    /** A hundred checks of each key, of which nearly all come in the second of the one before. */
    private double history(Preparation preparation) throws InterruptedException {
        return history(preparation, checks / 100, 0);
    }

    /** A check of each key, at which slots end: whoever asks less than once a second has no other. */
    private double firstOfASecond(Preparation preparation) throws InterruptedException {
        return history(preparation, checks / 10, 1);
    }

    private double history(Preparation preparation, int keys, int secondsLater) throws InterruptedException {
        try (Headgate headgate = new Headgate(redis.url(), MILLION_A_DAY)) {
            Users users = Users.some(keys);
            for (int i = 0; i < keys; i++) {
                preparation.prepare(headgate, users.name(i), daily(100_000));
            }
            TimeUnit.SECONDS.sleep(secondsLater);
            return measure(headgate, secondsLater == 0 ? checks : keys, i -> users.name(i % keys));
        } finally {
            redis.flush();
        }
    }

    private double keys(int count) throws InterruptedException {
        try (Headgate headgate = new Headgate(redis.url(), SubjectKind.Limits.NEVER_REACHED)) {
            Pipeline.send(headgate, count, i -> "user-" + i);
            if (redis.keys() < count) {
                throw new IllegalStateException("only " + redis.keys() + " keys");
            }
            // The slots of all are to be over, however long it took to write them; and each key is asked about once, or
            // few of them would be asked about again in the same slot, which costs less.
            TimeUnit.SECONDS.sleep(1);
            return measure(headgate, fewKeys, i -> "user-" + i * SCATTERED % count);
        } finally {
            redis.flush();
        }
    }

    private double measure(Headgate headgate, int count, IntFunction<String> user) throws InterruptedException {
        long before = redis.scriptMicros();
        Pipeline.send(headgate, count, user);
        return (redis.scriptMicros() - before) / (double) count;
    }
}
