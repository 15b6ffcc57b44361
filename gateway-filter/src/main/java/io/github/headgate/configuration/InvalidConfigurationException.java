package io.github.headgate.configuration;

import java.util.List;

/**
 * Stops the application from starting, because values under {@code headgate} are wrong; it lists all that were found.
 */
public final class InvalidConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /** @param problems at least one */
    InvalidConfigurationException(List<Problem> problems) {
        super(describe(problems));
        this.problems = List.copyOf(problems);
    }

    /**
     * The one problem that there is.
     *
     * @param path the property's full path
     * @param value what stands there
     * @param reason the rule that it breaks
     * @param allowed what may stand there
     */
    public static InvalidConfigurationException of(String path, String value, String reason, String allowed) {
        return new InvalidConfigurationException(List.of(new Problem(path, value, reason, allowed)));
    }

    List<Problem> problems() {
        return problems;
    }

    private static String describe(List<Problem> problems) {
        StringBuilder text = new StringBuilder();
        for (Problem each : problems) {
            text.append(text.isEmpty() ? "" : "; ")
                    .append(each.path())
                    .append(" = \"")
                    .append(each.value())
                    .append("\": ")
                    .append(each.reason())
                    .append(" (allowed: ")
                    .append(each.allowed())
                    .append(')');
        }
        return text.toString();
    }
}
