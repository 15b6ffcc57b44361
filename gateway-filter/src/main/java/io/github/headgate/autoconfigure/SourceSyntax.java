package io.github.headgate.autoconfigure;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** How a property names the place that a user's id or tier comes from: {@code header:X-User-Id}, {@code claim:sub}. */
final class SourceSyntax {

    private static final Set<String> WITH_NAME = Set.of("header", "claim", "bean");
    private static final Set<String> ALONE = Set.of("principal", "ip");

    private SourceSyntax() {}

    /** The sources that a list property names, each with its own path. */
    static List<ConfiguredSource> of(String path, List<String> texts) {
        return IntStream.range(0, texts.size())
                .mapToObj(i -> new ConfiguredSource(path + '[' + i + ']', texts.get(i)))
                .toList();
    }

    static void checkAll(String path, List<String> texts, Problems problems) {
        for (ConfiguredSource source : of(path, texts)) {
            if (!isWellFormed(source.text())) {
                problems.add(source.path(), source.text(), "it is no source of a user", Allowed.SOURCE);
            }
        }
    }

    static void checkVerified(String path, List<String> texts, Problems problems) {
        for (ConfiguredSource source : of(path, texts)) {
            if (!isWellFormed(source.text())) {
                problems.add(source.path(), source.text(), "it is no source of a tier", Allowed.VERIFIED_SOURCE);
            } else if (source.is("header") || source.is("ip")) {
                problems.add(
                        source.path(),
                        source.text(),
                        "a tier comes from verified sources only: any caller could choose his own here",
                        Allowed.VERIFIED_SOURCE);
            }
        }
    }

    private static boolean isWellFormed(String text) {
        int colon = text.indexOf(':');
        return colon < 0
                ? ALONE.contains(text)
                : WITH_NAME.contains(text.substring(0, colon))
                        && !text.substring(colon + 1).isBlank();
    }
}
