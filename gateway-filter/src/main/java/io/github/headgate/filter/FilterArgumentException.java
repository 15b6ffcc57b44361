package io.github.headgate.filter;

/** A route whose filter cannot work as it is configured. */
public final class FilterArgumentException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String location;
    private final String value;
    private final String allowed;

    /**
     * The message says all three.
     *
     * @param location the route, the filter and the argument
     * @param value what was found there
     * @param allowed what could stand there
     */
    public FilterArgumentException(String location, String value, String allowed) {
        super(location + ": \"" + value + "\" is not allowed; " + allowed);
        this.location = location;
        this.value = value;
        this.allowed = allowed;
    }

    /** For example {@code route "openai", filter ProviderRateLimit, argument max-wait}. */
    public String location() {
        return location;
    }

    public String value() {
        return value;
    }

    /** A sentence fragment: {@code allowed are ...}, or what is missing. */
    public String allowed() {
        return allowed;
    }
}
