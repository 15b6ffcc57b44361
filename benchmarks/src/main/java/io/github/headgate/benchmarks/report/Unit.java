package io.github.headgate.benchmarks.report;

import java.util.Locale;

/** What a figure counts, how it is written, and whether more of it is better. */
public enum Unit {
    PER_SECOND("%,.0f /s", true),
    NANOS("%,.0f ns", false),
    MICROS("%,.2f µs", false),
    MILLIS("%,.2f ms", false),
    BYTES("%,.0f B", false),
    COUNT("%,.0f", false),
    /** One figure divided by another of the same run. */
    RATIO("%,.2f", true),
    /** The same of two costs. */
    TIMES("%,.2f times", false);

    private final String format;
    private final boolean moreIsBetter;

    Unit(String format, boolean moreIsBetter) {
        this.format = format;
        this.moreIsBetter = moreIsBetter;
    }

    /** A value in words; a value that is not a number, because it was not measured, is a dash. */
    public String write(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
    }

    /** Whether a value is better than another; never true of one that was not measured. */
    public boolean isBetter(double value, double other) {
        return moreIsBetter ? value > other : value < other;
    }
}
