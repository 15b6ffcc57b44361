package io.github.headgate.benchmarks.gateway;

import io.github.headgate.benchmarks.driver.Effort;
import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.report.Table;
import io.github.headgate.benchmarks.report.Table.Row;
import io.github.headgate.benchmarks.report.Target;
import io.github.headgate.benchmarks.report.Unit;
import io.github.headgate.benchmarks.subject.RedisUnderTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Gateways and their upstream, each in a process of its own, loaded path by path. */
public final class WholeGateway {

    /** Of which the parts of a turn that measure rates consist. */
    private static final int SLICES = 3;

    private static final Duration LEAD_IN = Duration.ofMillis(300);

    private final RedisUnderTest redis;
    private final Effort effort;

    public WholeGateway(RedisUnderTest redis, Effort effort) {
        this.redis = redis;
        this.effort = effort;
    }

    public Result run() throws InterruptedException {
        List<ChildJvm> processes = new ArrayList<>();
        List<HttpLoad> loads = new ArrayList<>();
        try {
            ChildJvm upstream = ChildJvm.start(Upstream.class);
            processes.add(upstream);
            for (int i = 0; i < effort.gateways(); i++) {
                ChildJvm gateway = ChildJvm.start(BenchGateway.class, Integer.toString(upstream.port()), redis.url());
                processes.add(gateway);
                loads.add(new HttpLoad(gateway.port()));
            }
            warmUp(loads);
            Duration slice = effort.turn().dividedBy(SLICES);
            Turns rates = inTurns(SLICES, loads, (load, route) -> load.closedLoop(route.path(), slice));
            double half = rates.median(RouteKind.PLAIN) / 2;
            Turns p99s = inTurns(
                    1,
                    loads,
                    (load, route) -> load.openLoop(route.path(), half, LEAD_IN, effort.turn())
                                    .getValueAtPercentile(99)
                            / 1e6);
            return result(rates, p99s);
        } finally {
            loads.forEach(HttpLoad::close);
            processes.forEach(ChildJvm::close);
            redis.flush();
        }
    }

    /**
     * Round by round, so that no route is compiled for in the shape of another; and in each round all gateways, so that
     * each is old enough by the end for permits to have left its windows.
     */
    private void warmUp(List<HttpLoad> gateways) throws InterruptedException {
        for (int round = 0; round < effort.warmUpTurns(); round++) {
            for (HttpLoad gateway : gateways) {
                for (RouteKind route : RouteKind.values()) {
                    gateway.closedLoop(route.path(), effort.warmUp());
                }
            }
        }
    }

    private interface Measurement {
        double of(HttpLoad gateway, RouteKind route) throws InterruptedException;
    }

    /**
     * Each turn on another gateway. In one, all routes are measured slice by slice, each time in another order: what
     * slows down the machine for a while, or what one leaves for the next to clear away, meets all.
     */
    private Turns inTurns(int slices, List<HttpLoad> gateways, Measurement measurement) throws InterruptedException {
        Turns turns = new Turns();
        for (int turn = 0; turn < effort.turns(); turn++) {
            HttpLoad gateway = gateways.get(turn % gateways.size());
            Map<RouteKind, Double> means = new EnumMap<>(RouteKind.class);
            for (int slice = 0; slice < slices; slice++) {
                for (RouteKind route : Turns.order(turn * slices + slice)) {
                    means.merge(route, measurement.of(gateway, route) / slices, Double::sum);
                }
            }
            turns.add(means);
        }
        return turns;
    }

    private Result result(Turns rates, Turns p99s) {
        String note = "32 connections, 1,000 users, upstream and gateways in processes of their own; turns: "
                + effort.turns() + ", gateways that take them: " + effort.gateways() + "; medians.";
        return new Result(
                List.of(
                        table("Whole gateway, requests per second", note, Unit.PER_SECOND, "requests", rates::median),
                        table(
                                "Whole gateway, over the plain route",
                                note + " Each ratio is of one turn.",
                                Unit.RATIO,
                                "ratio",
                                route -> rates.ratio(route, RouteKind.PLAIN)),
                        table(
                                "Whole gateway, p99 at half the plain route's peak",
                                note
                                        + " The same offered rate on every route, counted from when each was due; those due in the first "
                                        + LEAD_IN.toMillis() + " ms are left out.",
                                Unit.MILLIS,
                                "p99",
                                p99s::median)),
                List.of(
                        Target.atLeast(
                                6,
                                "on Redis over the bare EVALSHA in its place",
                                rates.ratio(RouteKind.HEADGATE_REDIS, RouteKind.BARE_CALL),
                                Unit.RATIO,
                                0.95),
                        Target.atLeast(
                                6,
                                "on Redis over RequestRateLimiter",
                                rates.ratio(RouteKind.HEADGATE_REDIS, RouteKind.SPRING),
                                Unit.RATIO,
                                1.35),
                        Target.atLeast(
                                6,
                                "in memory over no filter",
                                rates.ratio(RouteKind.HEADGATE_LOCAL, RouteKind.PLAIN),
                                Unit.RATIO,
                                0.95),
                        Target.atMost(
                                6,
                                "p99 on Redis over the plain route's",
                                p99s.ratio(RouteKind.HEADGATE_REDIS, RouteKind.PLAIN),
                                Unit.RATIO,
                                1.25),
                        Target.atMost(
                                6,
                                "p99 in memory over the plain route's",
                                p99s.ratio(RouteKind.HEADGATE_LOCAL, RouteKind.PLAIN),
                                Unit.RATIO,
                                1.25)));
    }

    private static Table table(String title, String note, Unit unit, String column, ToDoubleFunction<RouteKind> value) {
        return new Table(
                title,
                note,
                unit,
                List.of(column),
                Arrays.stream(RouteKind.values())
                        .map(route -> new Row(route.label(), route.role(), List.of(value.applyAsDouble(route))))
                        .toList());
    }
}
