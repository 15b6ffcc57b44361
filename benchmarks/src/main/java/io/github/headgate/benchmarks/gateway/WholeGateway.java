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
import java.util.function.BinaryOperator;
import java.util.function.ToDoubleFunction;

/** Gateways and their upstream, each in a process of its own, loaded path by path. */
public final class WholeGateway {

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
            Turns rates = inTurns(loads, this::rates);
            Turns p99s = inTurns(loads, this::p99s);
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

    /** Each turn on another gateway. */
    private Turns inTurns(List<HttpLoad> gateways, Turn turn) throws InterruptedException {
        Turns turns = new Turns();
        for (int number = 0; number < effort.turns(); number++) {
            turns.add(turn.measure(gateways.get(number % gateways.size()), number));
        }
        return turns;
    }

    /** Measures all routes of a gateway. */
    private interface Turn {
        Map<RouteKind, Double> measure(HttpLoad gateway, int number) throws InterruptedException;
    }

    private Map<RouteKind, Double> rates(HttpLoad gateway, int turn) throws InterruptedException {
        return inSlices(
                turn,
                (route, slice) -> gateway.closedLoop(route.path(), slice),
                Double::sum,
                rates -> rates / effort.slices());
    }

    /** At half of what the plain route takes in this turn, for the machine is not always as fast. */
    private Map<RouteKind, Double> p99s(HttpLoad gateway, int turn) throws InterruptedException {
        double half = gateway.closedLoop(RouteKind.PLAIN.path(), effort.turn().dividedBy(2)) / 2;
        return inSlices(
                turn,
                (route, slice) -> gateway.openLoop(route.path(), half, LEAD_IN, slice),
                (all, more) -> {
                    all.add(more);
                    return all;
                },
                latencies -> latencies.getValueAtPercentile(99) / 1e6);
    }

    private interface Slice<T> {
        T measure(RouteKind route, Duration time) throws InterruptedException;
    }

    /**
     * Measures all routes slice by slice, each time in another order: what slows down the machine for a while, or what
     * one leaves for the next to clear away, meets all.
     */
    private <T> Map<RouteKind, Double> inSlices(
            int turn, Slice<T> slice, BinaryOperator<T> together, ToDoubleFunction<T> value)
            throws InterruptedException {
        Map<RouteKind, T> measured = new EnumMap<>(RouteKind.class);
        for (int i = 0; i < effort.slices(); i++) {
            for (RouteKind route : Turns.order(turn * effort.slices() + i)) {
                measured.merge(route, slice.measure(route, effort.turn().dividedBy(effort.slices())), together);
            }
        }
        Map<RouteKind, Double> values = new EnumMap<>(RouteKind.class);
        measured.forEach((route, all) -> values.put(route, value.applyAsDouble(all)));
        return values;
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
                                        + " In a turn the same offered rate on every route, counted from when each was due; those due in the first "
                                        + LEAD_IN.toMillis() + " ms of each slice are left out.",
                                Unit.MILLIS,
                                "p99",
                                p99s::median),
                        table(
                                "Whole gateway, p99 over the plain route's",
                                note + " Each ratio is of one turn.",
                                Unit.TIMES,
                                "p99",
                                route -> p99s.ratio(route, RouteKind.PLAIN))),
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
