package io.github.headgate.http;

import java.util.Locale;

/** The vocabulary in which a route's callers expect limits and errors. */
public enum Dialect {
    /** OpenAI's {@code x-ratelimit-*-requests} headers and {@code {"error":{...}}} bodies. */
    OPENAI,
    /** Anthropic's {@code anthropic-ratelimit-requests-*} headers and {@code {"type":"error",...}} bodies. */
    ANTHROPIC,
    /** RFC 9457 problem details, for callers of no particular SDK. */
    PROBLEM;

    /** What {@link #parse} accepts, as a message says it. */
    public static final String ALLOWED = "openai, anthropic or problem";

    private final String label = name().toLowerCase(Locale.ROOT);

    /** {@code openai}, {@code anthropic} or {@code problem}. */
    public String label() {
        return label;
    }

    /**
     * The dialect of a label.
     *
     * @throws IllegalArgumentException if no dialect has that label
     */
    public static Dialect parse(String label) {
        for (Dialect dialect : values()) {
            if (dialect.label.equals(label)) {
                return dialect;
            }
        }
        throw new IllegalArgumentException("a dialect is " + ALLOWED + ", not \"" + label + '"');
    }
}
