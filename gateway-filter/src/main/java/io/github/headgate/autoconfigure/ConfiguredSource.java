package io.github.headgate.autoconfigure;

import io.github.headgate.caller.MissingUser;
import java.util.ArrayList;
import java.util.List;

/**
 * A source of users or tiers, and where it is configured.
 *
 * @param path the property's full path, or whatever else names the place
 * @param text for example {@code claim:sub}
 */
record ConfiguredSource(String path, String text) {

    /** Whether it is of that kind: {@code header}, {@code claim}, {@code principal}, {@code ip} or {@code bean}. */
    boolean is(String kind) {
        return text.equals(kind) || text.startsWith(kind + ':');
    }

    /** What follows the kind: a header's, a claim's or a bean's name; empty when nothing does. */
    String name() {
        return text.substring(text.indexOf(':') + 1);
    }

    /** The sources that hold for every filter that does not say otherwise. */
    static List<ConfiguredSource> defaults(HeadgateProperties properties) {
        List<ConfiguredSource> sources = new ArrayList<>(SourceSyntax.of("headgate.user", properties.user()));
        sources.addAll(SourceSyntax.of("headgate.tier", properties.tier()));
        if (properties.missingUser() == MissingUser.IP) {
            sources.add(new ConfiguredSource("headgate.missing-user", "ip"));
        }
        return sources;
    }
}
