package io.github.headgate;

import java.util.Locale;

/** What a rule can limit: each window, and the burst. Lower-cased, it names the limit in headers and metrics. */
public enum LimitKind {
    MINUTE,
    HOUR,
    DAY,
    BURST;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** {@code minute}, {@code hour}, {@code day} or {@code burst}. */
    public String label() {
        return label;
    }
}
