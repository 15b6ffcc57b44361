package io.github.headgate.benchmarks.driver;

import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.report.Table;
import io.github.headgate.benchmarks.report.Table.Role;
import io.github.headgate.benchmarks.report.Table.Row;
import io.github.headgate.benchmarks.report.Target;
import io.github.headgate.benchmarks.report.Unit;
import io.github.headgate.benchmarks.subject.RedisUnderTest;
import io.github.headgate.benchmarks.subject.SubjectKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** What one decision takes and allocates, by JMH: in memory, and against Redis. */
public final class Decisions {

    private static final String HEADGATE = "Headgate";
    private static final Map<String, String> LOCAL_NAMES = localNames();
    private static final String GRANTED = "granted";
    private static final String DENIED = "denied";
    private static final int ONE = 1;

    private final RedisUnderTest redis;
    private final Effort effort;

    public Decisions(RedisUnderTest redis, Effort effort) {
        this.redis = redis;
        this.effort = effort;
    }

    private static Map<String, String> localNames() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("headgate", HEADGATE);
        names.put("bucket4j", "Bucket4j, four limits");
        names.put("resilience4j", "Resilience4j, one limit, for scale");
        return names;
    }

    /** One measurement of a decision in memory. */
    private record Case(String subject, String outcome, int keys, int threads) {

        String column() {
            return outcome + ", " + (keys == ONE ? "one key" : "10,000 keys") + ", "
                    + (threads == 1 ? "1 thread" : threads + " threads");
        }
    }

    private record Cost(double time, double bytes) {}

    public Result run() throws RunnerException {
        Result local = local();
        Result remote = remote();
        redis.flush();
        List<Table> tables = new ArrayList<>(local.tables());
        tables.addAll(remote.tables());
        return new Result(tables, local.targets());
    }

    private Result local() throws RunnerException {
        Map<Case, Cost> costs = new LinkedHashMap<>();
        int most = effort == Effort.FULL ? 2 : 1;
        for (int threads = 1; threads <= most; threads++) {
            OptionsBuilder options = options(LocalDecisions.class);
            options.threads(threads);
            if (effort == Effort.QUICK || threads == 2) {
                options.exclude("resilience4j");
            }
            for (RunResult run : new Runner(options.build()).run()) {
                costs.put(
                        new Case(
                                method(run),
                                run.getParams().getParam("outcome"),
                                Integer.parseInt(run.getParams().getParam("keys")),
                                threads),
                        cost(run));
            }
        }
        List<String> columns =
                costs.keySet().stream().map(Case::column).distinct().toList();
        return new Result(
                List.of(
                        localTable("Decision in memory", Unit.NANOS, columns, costs, false),
                        localTable("Allocated by a decision in memory", Unit.BYTES, columns, costs, true)),
                localTargets(costs, twoThreadsOverOne()));
    }

    /** What is compared is measured close together, and several times: the machine's speed changes. */
    private double twoThreadsOverOne() throws RunnerException {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < effort.rounds(); round++) {
            ratios.add(2 * grantedOfManyKeys(1) / grantedOfManyKeys(2));
        }
        return Medians.of(ratios);
    }

    private double grantedOfManyKeys(int threads) throws RunnerException {
        OptionsBuilder options = options(LocalDecisions.class);
        options.exclude("bucket4j").exclude("resilience4j");
        options.param("outcome", GRANTED).param("keys", Integer.toString(Users.MANY));
        options.threads(threads);
        return cost(new Runner(options.build()).runSingle()).time;
    }

    private static Table localTable(
            String title, Unit unit, List<String> columns, Map<Case, Cost> costs, boolean bytes) {
        List<Row> rows = new ArrayList<>();
        LOCAL_NAMES.forEach((subject, name) -> {
            Map<String, Double> values = new LinkedHashMap<>();
            columns.forEach(column -> values.put(column, Double.NaN));
            costs.forEach((each, cost) -> {
                if (each.subject.equals(subject)) {
                    values.put(each.column(), bytes ? cost.bytes : cost.time);
                }
            });
            rows.add(new Row(name, name.equals(HEADGATE) ? Role.OURS : Role.PEER, List.copyOf(values.values())));
        });
        return new Table(
                title,
                "JMH, a check by each thread, the limiter found by key in a map; of 10,000 keys each thread has its own.",
                unit,
                columns,
                rows);
    }

    private static List<Target> localTargets(Map<Case, Cost> costs, double twoThreadsOverOne) {
        List<Target> targets = new ArrayList<>();
        for (String outcome : List.of(GRANTED, DENIED)) {
            for (int keys : List.of(ONE, Users.MANY)) {
                Case ours = new Case("headgate", outcome, keys, 1);
                double time = time(costs, ours);
                targets.add(Target.atMost(4, ours.column(), time, Unit.NANOS, 200));
                targets.add(Target.atLeast(
                        4,
                        ours.column() + ": speed over Bucket4j",
                        time(costs, new Case("bucket4j", outcome, keys, 1)) / time,
                        Unit.RATIO,
                        1));
            }
        }
        targets.add(Target.atLeast(
                4, "10,000 keys each: throughput of two threads over one", twoThreadsOverOne, Unit.RATIO, 1.5));
        return targets;
    }

    private static double time(Map<Case, Cost> costs, Case asked) {
        Cost cost = costs.get(asked);
        return cost == null ? Double.NaN : cost.time;
    }

    private Result remote() throws RunnerException {
        Map<String, Cost> costs = new LinkedHashMap<>();
        OptionsBuilder options = options(RedisDecisions.class);
        options.jvmArgsAppend("-D" + RedisDecisions.URL + "=" + redis.url());
        System.setProperty(RedisDecisions.URL, redis.url());
        if (effort == Effort.QUICK) {
            options.param("subject", SubjectKind.BARE_CALL.name(), SubjectKind.HEADGATE.name(), RedisDecisions.DENIED);
        }
        for (RunResult run : new Runner(options.build()).run()) {
            costs.put(run.getParams().getParam("subject"), cost(run));
        }
        List<String> columns = List.of("granted", "denied, key full");
        return new Result(
                List.of(
                        remoteTable("One check against Redis, alone", Unit.MICROS, columns, costs, false),
                        remoteTable("Allocated by a check against Redis", Unit.BYTES, columns, costs, true)),
                List.of());
    }

    private static Table remoteTable(
            String title, Unit unit, List<String> columns, Map<String, Cost> costs, boolean bytes) {
        List<Row> rows = Arrays.stream(SubjectKind.values())
                .filter(kind -> kind.role() != Role.VARIANT)
                .map(kind -> {
                    Cost granted = costs.get(kind.name());
                    Cost denied = kind == SubjectKind.HEADGATE ? costs.get(RedisDecisions.DENIED) : null;
                    return new Row(kind.label(), kind.role(), List.of(value(granted, bytes), value(denied, bytes)));
                })
                .toList();
        return new Table(
                title,
                "JMH, one in flight, from the call until the answer is back; allocation by all threads of the client.",
                unit,
                columns,
                rows);
    }

    private static double value(@Nullable Cost cost, boolean bytes) {
        return cost == null ? Double.NaN : bytes ? cost.bytes : cost.time;
    }

    private OptionsBuilder options(Class<?> benchmarks) {
        OptionsBuilder options = new OptionsBuilder();
        options.include(benchmarks.getName().replace(".", "\\.") + "\\.");
        options.addProfiler(GCProfiler.class);
        options.verbosity(VerboseMode.SILENT);
        options.shouldFailOnError(true);
        options.forks(effort.isSmoke() ? 0 : 1);
        options.warmupIterations(effort == Effort.FULL ? 2 : 1);
        options.warmupTime(TimeValue.milliseconds(effort.iterationMillis()));
        options.measurementIterations(effort == Effort.FULL ? 5 : 1);
        options.measurementTime(TimeValue.milliseconds(effort.iterationMillis()));
        return options;
    }

    private static String method(RunResult run) {
        String name = run.getParams().getBenchmark();
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static Cost cost(RunResult run) {
        var allocated = run.getSecondaryResults().get("gc.alloc.rate.norm");
        return new Cost(run.getPrimaryResult().getScore(), allocated == null ? Double.NaN : allocated.getScore());
    }
}
