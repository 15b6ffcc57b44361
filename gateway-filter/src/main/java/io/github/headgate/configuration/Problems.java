package io.github.headgate.configuration;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong with a configuration, so that the user reads of it all at once. */
final class Problems {

    private final Set<Problem> found = new LinkedHashSet<>();

    void add(String path, Object value, String reason, String allowed) {
        found.add(new Problem(path, String.valueOf(value), reason, allowed));
    }

    /** A whole number that must be there, min to max inclusive. */
    void number(String path, int value, int min, int max) {
        if (value < min || value > max) {
            add(path, value, tooFar(value < min), Allowed.number(min, max));
        }
    }

    /** A whole number that may be missing. */
    void optionalNumber(String path, @Nullable Integer value, int min, int max) {
        if (value != null) {
            number(path, value, min, max);
        }
    }

    /** A duration that must be there, min to max inclusive. */
    void duration(String path, @Nullable Duration value, Duration min, Duration max) {
        if (value == null) {
            missing(path, Allowed.duration(min, max));
        } else if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            add(path, Allowed.text(value), tooFar(value.compareTo(min) < 0), Allowed.duration(min, max));
        }
    }

    /** One of an enum's constants that must be there. */
    void choice(String path, @Nullable Object value, Class<?> type) {
        if (value == null) {
            missing(path, Allowed.constants(type));
        }
    }

    void missing(String path, String allowed) {
        add(path, "", "it has no value", allowed);
    }

    private static String tooFar(boolean below) {
        return below ? "it is too small" : "it is too large";
    }

    void throwIfAny() {
        if (!found.isEmpty()) {
            throw new InvalidConfigurationException(List.copyOf(found));
        }
    }
}
