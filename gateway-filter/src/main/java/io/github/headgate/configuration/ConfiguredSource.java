package io.github.headgate.configuration;

import io.github.headgate.caller.MissingUser;
import io.github.headgate.caller.UserSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A source of users or tiers, and where it is configured.
 *
 * @param path the property's full path, or whatever else names the place
 */
public record ConfiguredSource(String path, UserSource source) {

    /** The path of one of the sources that a list property names. */
    static String path(String property, int index) {
        return property + '[' + index + ']';
    }

    /** The sources that hold for every filter that does not say otherwise. */
    public static List<ConfiguredSource> defaults(HeadgateProperties properties) {
        List<ConfiguredSource> sources = new ArrayList<>(of("headgate.user", properties.user()));
        sources.addAll(of("headgate.tier", properties.tier()));
        if (properties.missingUser() == MissingUser.IP) {
            sources.add(new ConfiguredSource("headgate.missing-user", new UserSource.Ip()));
        }
        return sources;
    }

    private static List<ConfiguredSource> of(String property, List<String> texts) {
        return IntStream.range(0, texts.size())
                .mapToObj(i -> new ConfiguredSource(path(property, i), UserSource.parse(texts.get(i))))
                .toList();
    }
}
