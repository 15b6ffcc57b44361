package io.github.headgate.configuration;

import io.github.headgate.Rule;
import io.github.headgate.rules.BuiltInProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What may stand in a property, in words. */
final class Allowed {

    static final String RULE = "requests-per-minute, requests-per-hour, requests-per-day and burst-capacity;"
            + " each is optional, at least one of the first three is present";
    static final String PROVIDER_NAME =
            "a lower-case letter or digit, then lower-case letters, digits, dots, underscores and hyphens";
    static final List<String> DIALECTS = List.of("openai", "anthropic", "problem");

    private Allowed() {}

    static String number(int min, int max) {
        return "a whole number from " + min + " to " + max;
    }

    static String duration(Duration min, Duration max) {
        return "a duration from " + text(min) + " to " + text(max) + ", for example 500ms, 20s or 1m";
    }

    /** A duration as configuration writes it: in whole seconds, or else in milliseconds. */
    static String text(Duration duration) {
        return duration.toMillisPart() == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }

    static String constants(Class<?> type) {
        List<String> names = new ArrayList<>();
        for (Object constant : type.getEnumConstants()) {
            names.add(String.valueOf(constant).toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        return oneOf(names);
    }

    static String oneOf(Iterable<String> names) {
        return String.join(", ", names);
    }

    static String providers(Iterable<String> configured) {
        List<String> names = new ArrayList<>(BuiltInProvider.names());
        for (String name : configured) {
            if (!names.contains(name)) {
                names.add(name);
            }
        }
        return oneOf(names) + "; others once they are named under headgate.providers";
    }

    /** What may stand in a property whose value could not be converted to its type. */
    static String ofType(String property, Class<?> type) {
        if (type == Integer.class || type == int.class) {
            boolean burst = property.endsWith("burst-capacity");
            boolean hops = property.endsWith("trusted-hops");
            return number(hops ? 0 : 1, burst ? Rule.MAX_BURST_CAPACITY : Integer.MAX_VALUE);
        }
        if (type == Duration.class) {
            return "a duration, for example 500ms, 20s or 1m";
        }
        if (type == Boolean.class || type == boolean.class) {
            return "true or false";
        }
        if (type.isEnum()) {
            return constants(type);
        }
        if (type.isRecord()) {
            return "properties below it: " + oneOf(PropertyTree.namesOf(type));
        }
        return "text";
    }
}
