package io.github.headgate.benchmarks.report;

/**
 * One thing to reach, and how far it was.
 *
 * @param number the target's place in the list of targets
 * @param claim what is compared with what
 * @param measured the figure of this run
 */
public record Target(int number, String claim, double measured, Unit unit, Bound bound) {

    public static Target atLeast(int number, String claim, double measured, Unit unit, double edge) {
        return new Target(number, claim, measured, unit, new Bound.AtLeast(edge));
    }

    public static Target atMost(int number, String claim, double measured, Unit unit, double edge) {
        return new Target(number, claim, measured, unit, new Bound.AtMost(edge));
    }

    public boolean isReached() {
        return bound.holds(measured);
    }
}
