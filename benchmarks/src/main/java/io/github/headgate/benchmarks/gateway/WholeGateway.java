package io.github.headgate.benchmarks.gateway;

import io.github.headgate.benchmarks.driver.Effort;
import io.github.headgate.benchmarks.driver.Medians;
import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.report.Table;
import io.github.headgate.benchmarks.report.Table.Row;
import io.github.headgate.benchmarks.report.Target;
import io.github.headgate.benchmarks.report.Unit;
import io.github.headgate.benchmarks.subject.RedisUnderTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** A gateway and its upstream, each in a process of its own, loaded path by path. */
public final class WholeGateway {

    /** Of which the parts of a turn that measure rates consist. */
    private static final int SLICES = 3;

    private final RedisUnderTest redis;
    private final Effort effort;

    public WholeGateway(RedisUnderTest redis, Effort effort) {
        this.redis = redis;
        this.effort = effort;
    }

    public Result run() throws InterruptedException {
        try (ChildJvm upstream = ChildJvm.start(Upstream.class);
                ChildJvm gateway = ChildJvm.start(BenchGateway.class, Integer.toString(upstream.port()), redis.url());
                HttpLoad load = new HttpLoad(gateway.port())) {
            warmUp(load);
            Duration slice = effort.measure().dividedBy(SLICES);
            Map<RouteKind, Double> rates = inTurns(SLICES, route -> load.closedLoop(route.path(), slice));
            double half = require(rates, RouteKind.PLAIN) / 2;
            Map<RouteKind, Double> p99s = inTurns(
                    1,
                    route -> load.openLoop(route.path(), half, effort.measure()).getValueAtPercentile(99) / 1e6);
            return result(rates, p99s);
        } finally {
            redis.flush();
        }
    }

    /** Round by round, so that no route is compiled for in the shape of another. */
    private void warmUp(HttpLoad load) throws InterruptedException {
        for (int round = 0; round < effort.warmUpTurns(); round++) {
            for (RouteKind route : RouteKind.values()) {
                load.closedLoop(route.path(), effort.warmUp());
            }
        }
    }

    private interface Measurement {
        double of(RouteKind route) throws InterruptedException;
    }

    /**
     * The medians of all turns. In one, all routes are measured slice by slice, each time from another one on: what
     * slows down the machine for a while, or what one leaves for the next to clear away, meets all.
     */
    private Map<RouteKind, Double> inTurns(int slices, Measurement measurement) throws InterruptedException {
        Map<RouteKind, List<Double>> measured = new EnumMap<>(RouteKind.class);
        List<RouteKind> routes = new ArrayList<>(List.of(RouteKind.values()));
        for (int turn = 0; turn < effort.turns(); turn++) {
            Map<RouteKind, Double> sums = new EnumMap<>(RouteKind.class);
            for (int slice = 0; slice < slices; slice++) {
                for (RouteKind route : routes) {
                    sums.merge(route, measurement.of(route), Double::sum);
                }
                Collections.rotate(routes, 1);
            }
            sums.forEach((route, sum) ->
                    measured.computeIfAbsent(route, k -> new ArrayList<>()).add(sum / slices));
        }
        Map<RouteKind, Double> medians = new EnumMap<>(RouteKind.class);
        measured.forEach((route, values) -> medians.put(route, Medians.of(values)));
        return medians;
    }

    private static double require(Map<RouteKind, Double> values, RouteKind route) {
        Double value = values.get(route);
        if (value == null) {
            throw new IllegalStateException(route + " was not measured");
        }
        return value;
    }

    private Result result(Map<RouteKind, Double> rates, Map<RouteKind, Double> p99s) {
        double redis = require(rates, RouteKind.HEADGATE_REDIS);
        double local = require(rates, RouteKind.HEADGATE_LOCAL);
        double plain = require(rates, RouteKind.PLAIN);
        double plainP99 = require(p99s, RouteKind.PLAIN);
        String note = "32 connections, 1,000 users, upstream and gateway in processes of their own, medians of "
                + effort.turns() + " turns.";
        return new Result(
                List.of(
                        table("Whole gateway, requests per second", note, Unit.PER_SECOND, "requests", rates::get),
                        table(
                                "Whole gateway, over the plain route",
                                note,
                                Unit.RATIO,
                                "ratio",
                                route -> require(rates, route) / plain),
                        table(
                                "Whole gateway, p99 at half the plain route's peak",
                                note + " The same offered rate on every route, counted from when each was due.",
                                Unit.MILLIS,
                                "p99",
                                p99s::get)),
                List.of(
                        Target.atLeast(
                                6,
                                "on Redis over the bare EVALSHA in its place",
                                redis / require(rates, RouteKind.BARE_CALL),
                                Unit.RATIO,
                                0.95),
                        Target.atLeast(
                                6,
                                "on Redis over RequestRateLimiter",
                                redis / require(rates, RouteKind.SPRING),
                                Unit.RATIO,
                                1.35),
                        Target.atLeast(6, "in memory over no filter", local / plain, Unit.RATIO, 0.95),
                        Target.atMost(
                                6,
                                "p99 on Redis over the plain route's",
                                require(p99s, RouteKind.HEADGATE_REDIS) / plainP99,
                                Unit.RATIO,
                                1.25),
                        Target.atMost(
                                6,
                                "p99 in memory over the plain route's",
                                require(p99s, RouteKind.HEADGATE_LOCAL) / plainP99,
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
