package io.github.headgate.benchmarks.gateway;

import io.github.headgate.benchmarks.driver.Medians;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What was measured of each route, turn by turn: in one turn, all of them on one gateway and close together. */
final class Turns {

    /** Even, or no such orders would exist. */
    private static final int ROUTES = RouteKind.values().length;

    private final Map<RouteKind, List<Double>> measured = new EnumMap<>(RouteKind.class);

    /**
     * All routes, in the order of that round. Of as many rounds in a row as there are routes, each has every route at
     * every place once, and after every other one once: what a route leaves behind meets all others alike. E. J.
     * Williams, "Experimental designs balanced for the estimation of residual effects of treatments", 1949.
     */
    static List<RouteKind> order(int round) {
        List<RouteKind> order = new ArrayList<>();
        for (int place = 0; place < ROUTES; place++) {
            int step = place % 2 == 0 ? ROUTES - place / 2 : place / 2 + 1;
            order.add(RouteKind.values()[(round + step) % ROUTES]);
        }
        return order;
    }

    void add(Map<RouteKind, Double> turn) {
        turn.forEach((route, value) ->
                measured.computeIfAbsent(route, first -> new ArrayList<>()).add(value));
    }

    /** The median of all turns. */
    double median(RouteKind route) {
        return Medians.of(of(route));
    }

    /**
     * The median of what a route is of another in the same turn: gateways differ from process to process, and the
     * machine from minute to minute, by more than routes do.
     */
    double ratio(RouteKind route, RouteKind over) {
        List<Double> ratios = new ArrayList<>();
        for (int turn = 0; turn < of(route).size(); turn++) {
            ratios.add(of(route).get(turn) / of(over).get(turn));
        }
        return Medians.of(ratios);
    }

    private List<Double> of(RouteKind route) {
        List<Double> values = measured.get(route);
        if (values == null) {
            throw new IllegalStateException(route + " was not measured");
        }
        return values;
    }
}
