package io.github.headgate.benchmarks.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Map;
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
    void whatWasNotMeasuredHasNoMedian() {
        turns.add(Map.of(RouteKind.PLAIN, 1.0));

        assertThatIllegalStateException()
                .isThrownBy(() -> turns.median(RouteKind.SPRING))
                .withMessage("SPRING was not measured");
    }
}
