package io.github.headgate.benchmarks.report;

/** What a target allows. */
public sealed interface Bound {

    boolean holds(double value);

    double edge();

    /** The edge and anything above it. */
    record AtLeast(double edge) implements Bound {

        @Override
        public boolean holds(double value) {
            return value >= edge;
        }

        @Override
        public String toString() {
            return "at least";
        }
    }

    /** The edge and anything below it. */
    record AtMost(double edge) implements Bound {

        @Override
        public boolean holds(double value) {
            return value <= edge;
        }

        @Override
        public String toString() {
            return "at most";
        }
    }
}
