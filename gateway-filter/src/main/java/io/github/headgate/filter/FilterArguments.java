package io.github.headgate.filter;

import io.github.headgate.caller.MissingUser;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory.Config;
import io.github.headgate.http.Dialect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.cloud.gateway.filter.FilterDefinition;
import org.springframework.cloud.gateway.support.NameUtils;

/**
 * One filter definition's arguments, read as the gateway's binder reads them, but refusing what that ignores: names it
 * does not know, and more than there is room for.
 */
final class FilterArguments {

    private static final List<String> NAMES =
            List.of("provider", "user", "missing-user", "mode", "max-wait", "permits", "dialect", "headers", "shadow");
    private static final Pattern LIST_ELEMENT = Pattern.compile("(.+?)(?:\\.\\d+|\\[\\d+])");

    private final FilterLocation location;
    private final Config config = new Config();

    private FilterArguments(FilterLocation location) {
        this.location = location;
    }

    /**
     * The configuration that a definition means. An argument that is an expression is left unset, because its value is
     * known only when the filter is made.
     *
     * @throws FilterArgumentException if an argument is unknown, surplus, or unreadable
     */
    static Config read(FilterDefinition definition, FilterLocation location) {
        FilterArguments arguments = new FilterArguments(location);
        int position = 0;
        for (Map.Entry<String, @Nullable String> each : definition.getArgs().entrySet()) {
            String value = each.getValue() == null ? "" : each.getValue();
            arguments.read(each.getKey(), position++, value);
        }
        return arguments.config;
    }

    /** Whether a definition names its provider, be it by an expression. */
    static boolean namesProvider(FilterDefinition definition) {
        for (String key : definition.getArgs().keySet()) {
            if (key.startsWith(NameUtils.GENERATED_NAME_PREFIX) || uniform(key).equals("provider")) {
                return true;
            }
        }
        return false;
    }

    private void read(String key, int position, String value) {
        String name =
                key.startsWith(NameUtils.GENERATED_NAME_PREFIX) ? shortForm(position, value) : knownName(key, value);
        if (!isExpression(value)) {
            set(name, value);
        }
    }

    private String shortForm(int position, String value) {
        if (position > 0) {
            throw location.refusal(
                    Integer.toString(position + 1),
                    value,
                    "the short form takes the provider alone; under name and args, allowed are " + names());
        }
        return "provider";
    }

    private String knownName(String key, String value) {
        for (String name : NAMES) {
            if (uniform(name).equals(uniform(key))) {
                return name;
            }
        }
        Matcher element = LIST_ELEMENT.matcher(key);
        if (element.matches() && uniform(element.group(1)).equals("user")) {
            return "user";
        }
        throw location.refusal(key, value, "allowed arguments are " + names());
    }

    private void set(String name, String value) {
        switch (name) {
            case "provider" -> config.setProvider(value);
            case "user" -> addUser(value);
            case "missing-user" -> config.setMissingUser(constant(MissingUser.class, name, value));
            case "mode" -> config.setMode(constant(Mode.class, name, value));
            case "max-wait" -> config.setMaxWait(wait(name, value));
            case "permits" -> config.setPermits(wholeNumber(name, value));
            case "dialect" -> config.setDialect(constant(Dialect.class, name, value));
            case "headers" -> config.setHeaders(bool(name, value));
            case "shadow" -> config.setShadow(bool(name, value));
            default -> throw new IllegalStateException(name);
        }
    }

    private void addUser(String value) {
        List<String> user = config.getUser();
        List<String> all = new ArrayList<>(user == null ? List.of() : user);
        if (!value.isBlank()) {
            Arrays.stream(value.split(",", -1)).map(String::strip).forEach(all::add);
        }
        config.setUser(all);
    }

    private <E extends Enum<E>> E constant(Class<E> type, String name, String value) {
        StringBuilder allowed = new StringBuilder();
        for (E each : type.getEnumConstants()) {
            if (each.name().equalsIgnoreCase(value.strip())) {
                return each;
            }
            allowed.append(allowed.isEmpty() ? "" : ", ").append(each.name().toLowerCase(Locale.ROOT));
        }
        throw location.refusal(name, value, "allowed are " + allowed);
    }

    private Duration wait(String name, String value) {
        try {
            Duration wait = DurationStyle.detectAndParse(value.strip());
            if (FilterDefaults.isPossibleWait(wait)) {
                return wait;
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            // A text that is no duration is answered as one out of range.
        }
        throw location.refusal(name, value, "allowed is a duration of 0s to 60s");
    }

    private Integer wholeNumber(String name, String value) {
        try {
            return Integer.valueOf(value.strip());
        } catch (NumberFormatException e) {
            throw location.refusal(name, value, "allowed is a whole number of at least 1");
        }
    }

    private Boolean bool(String name, String value) {
        String text = value.strip();
        if (text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false")) {
            return Boolean.valueOf(text);
        }
        throw location.refusal(name, value, "allowed are true, false");
    }

    private static boolean isExpression(String value) {
        String text = value.strip();
        return text.startsWith("#{") && text.endsWith("}");
    }

    private static String uniform(String name) {
        return name.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
    }

    private static String names() {
        return String.join(", ", NAMES);
    }
}
