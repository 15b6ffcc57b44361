package io.github.headgate.benchmarks.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TurnsTest {

    private final Turns turns = new Turns();

    @Test
    void ratioIsTheMedianOfThoseOfEachTurnAndNotThatOfTheMedians() {
        turns.add(Map.of(RouteKind.PLAIN, 100.0, RouteKind.HEADGATE_LOCAL, 90.0));
        turns.add(Map.of(RouteKind.PLAIN, 10.0, RouteKind.HEADGATE_LOCAL, 9.5));
        turns.add(Map.of(RouteKind.PLAIN, 50.0, RouteKind.HEADGATE_LOCAL, 30.0));

        assertThat(turns.median(RouteKind.PLAIN)).isEqualTo(50);
        assertThat(turns.median(RouteKind.HEADGATE_LOCAL)).isEqualTo(30);
        assertThat(turns.ratio(RouteKind.HEADGATE_LOCAL, RouteKind.PLAIN)).isEqualTo(0.9);
    }

    @Test
    void eachRouteIsMeasuredAfterEveryOtherOneAsOften() {
        int routes = RouteKind.values().length;
        Set<List<RouteKind>> pairs = new HashSet<>();
        for (int round = 0; round < routes; round++) {
            List<RouteKind> order = Turns.order(round);
            assertThat(order).containsExactlyInAnyOrder(RouteKind.values());
            for (int place = 1; place < routes; place++) {
                pairs.add(order.subList(place - 1, place + 1));
            }
        }

        assertThat(pairs).hasSize(routes * (routes - 1));
        assertThat(Turns.order(routes)).isEqualTo(Turns.order(0));
    }

    @Test
    void whatWasNotMeasuredHasNoMedian() {
        turns.add(Map.of(RouteKind.PLAIN, 1.0));

        assertThatIllegalStateException()
                .isThrownBy(() -> turns.median(RouteKind.SPRING))
                .withMessage("SPRING was not measured");
    }
}
