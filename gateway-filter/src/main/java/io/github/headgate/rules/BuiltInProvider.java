package io.github.headgate.rules;

import io.github.headgate.Rule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A provider that needs no configuration.
 *
 * @param name in routes, keys and configuration
 * @param rule this gateway's policy for one user, not the provider's own limits
 * @param dialect the words its callers' SDKs understand: {@code openai} or {@code anthropic}
 */
public record BuiltInProvider(String name, Rule rule, String dialect) {

    /** All there are. */
    public static final List<BuiltInProvider> ALL = List.of(
            new BuiltInProvider("glm", Rule.of(60, 3_000, 50_000, 20), "openai"),
            new BuiltInProvider("deepseek", Rule.of(50, 2_000, 40_000, 15), "openai"),
            new BuiltInProvider("claude", Rule.of(50, 2_000, 30_000, 10), "anthropic"),
            new BuiltInProvider("openai", Rule.of(60, 3_500, 100_000, 20), "openai"),
            new BuiltInProvider("deepinfra", Rule.of(30, 1_000, 20_000, 10), "openai"));

    /** The built-in provider of that name, or null. */
    public static @Nullable BuiltInProvider named(String name) {
        for (BuiltInProvider each : ALL) {
            if (each.name.equals(name)) {
                return each;
            }
        }
        return null;
    }

    /** All their names. */
    public static List<String> names() {
        return ALL.stream().map(BuiltInProvider::name).toList();
    }
}
