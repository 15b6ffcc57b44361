package io.github.headgate.benchmarks.driver;

import io.github.headgate.Rule;
import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.report.Table;
import io.github.headgate.benchmarks.report.Table.Row;
import io.github.headgate.benchmarks.report.Target;
import io.github.headgate.benchmarks.report.Unit;
import io.github.headgate.benchmarks.subject.Headgate;
import io.github.headgate.benchmarks.subject.RedisUnderTest;
import io.github.headgate.benchmarks.subject.Subject;
import io.github.headgate.benchmarks.subject.SubjectKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Checks per second against Redis with so many in flight: of one key, of many, and of a key that is full. */
public final class Throughput {

    private enum Load {
        HOT_64("hot key, 64 in flight", 1, 64),
        SPREAD_64("10,000 keys, 64 in flight", Users.MANY, 64),
        HOT_512("hot key, 512 in flight", 1, 512),
        SPREAD_512("10,000 keys, 512 in flight", Users.MANY, 512);

        private final String label;
        private final int users;
        private final int inFlight;

        Load(String label, int users, int inFlight) {
            this.label = label;
            this.users = users;
            this.inFlight = inFlight;
        }
    }

    private final RedisUnderTest redis;
    private final Effort effort;

    public Throughput(RedisUnderTest redis, Effort effort) {
        this.redis = redis;
        this.effort = effort;
    }

    public Result run() throws InterruptedException {
        Table granted = granted();
        String ours = SubjectKind.HEADGATE.label();
        String spring = SubjectKind.SPRING.label();
        String bare = SubjectKind.BARE_CALL.label();
        List<Target> targets = new ArrayList<>(List.of(
                ratio(1, granted, ours, bare, Load.SPREAD_64, 0.75),
                ratio(1, granted, ours, spring, Load.SPREAD_64, 1.7),
                ratio(2, granted, ours, bare, Load.HOT_64, 2.5),
                ratio(2, granted, ours, spring, Load.HOT_64, 12),
                ratio(2, granted, ours, bare, Load.HOT_512, 8)));
        Denials denials = denied();
        targets.add(Target.atLeast(
                3, "denied checks of a full key, one thread", denials.perSecond, Unit.PER_SECOND, 2_000_000));
        targets.add(Target.atMost(
                3, "Redis calls meanwhile, heartbeats included", denials.calls, Unit.COUNT, denials.mostCalls));
        return new Result(List.of(granted), targets);
    }

    private static Target ratio(int number, Table table, String ours, String other, Load load, double edge) {
        return Target.atLeast(
                number,
                load.label + ": Headgate over " + other,
                table.value(ours, load.label) / table.value(other, load.label),
                Unit.RATIO,
                edge);
    }

    /** A subject, and what it did under each load, a value a round. */
    private record Contender(SubjectKind kind, Subject subject, List<List<Double>> rates) {

        Row row() {
            return new Row(
                    kind.label(), kind.role(), rates.stream().map(Medians::of).toList());
        }
    }

    private Table granted() throws InterruptedException {
        List<Contender> contenders = new ArrayList<>();
        try {
            for (SubjectKind kind : effort.subjects()) {
                contenders.add(new Contender(kind, kind.open(redis.url()), new ArrayList<>()));
            }
            warmUp(contenders);
            for (Load load : Load.values()) {
                contenders.forEach(contender -> contender.rates.add(new ArrayList<>()));
                for (int round = 0; round < effort.rounds(); round++) {
                    for (Contender contender : contenders) {
                        contender.rates.get(load.ordinal()).add(measure(contender.subject, load));
                    }
                }
            }
        } finally {
            contenders.forEach(contender -> contender.subject.close());
            redis.flush();
        }
        return new Table(
                "Granted checks against Redis",
                "Closed loop, one client process, one connection each, medians of " + effort.rounds()
                        + " rounds in turn.",
                Unit.PER_SECOND,
                Arrays.stream(Load.values()).map(load -> load.label).toList(),
                contenders.stream().map(Contender::row).toList());
    }

    /**
     * Everything once, so that the first load is not measured with code that is still being compiled for the others.
     */
    private void warmUp(List<Contender> contenders) throws InterruptedException {
        for (Load load : Load.values()) {
            for (Contender contender : contenders) {
                redis.forgetCounts();
                ClosedLoop.run(
                        contender.subject, Users.some(load.users), load.inFlight, Duration.ZERO, effort.warmUp());
            }
        }
    }

    private double measure(Subject subject, Load load) throws InterruptedException {
        redis.forgetCounts();
        ClosedLoop.Count count = ClosedLoop.run(
                subject, Users.some(load.users), load.inFlight, effort.warmUp().dividedBy(2), effort.measure());
        if (count.denied() > 0) {
            throw new IllegalStateException(subject + " denied what it should grant");
        }
        return count.perSecond();
    }

    /** @param mostCalls a question and a heartbeat for each second that has begun */
    private record Denials(double perSecond, double calls, double mostCalls) {}

    private Denials denied() throws InterruptedException {
        try (Headgate full = new Headgate(redis.url(), Rule.of(5, 5, 5, 5))) {
            Users one = Users.some(1);
            ClosedLoop.run(full, one, 1, effort.warmUp(), effort.warmUp().plusMillis(100));
            long callsBefore = redis.scriptCalls();
            long start = System.nanoTime();
            ClosedLoop.Count count = ClosedLoop.run(
                    full, one, 1, effort.warmUp(), effort.warmUp().plus(effort.measure()));
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) + 1;
            long calls = redis.scriptCalls() - callsBefore;
            return new Denials(count.perSecond(), (double) calls, 2.0 * seconds);
        } finally {
            redis.flush();
        }
    }
}
