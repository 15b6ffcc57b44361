package io.github.headgate.benchmarks.driver;

import java.util.List;

/** The middle of what several rounds measured. */
public final class Medians {

    private Medians() {}

    /**
     * The middle value, or the mean of the two that are.
     *
     * @param values at least one
     */
    public static double of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
