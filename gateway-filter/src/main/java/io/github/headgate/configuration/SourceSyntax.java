package io.github.headgate.configuration;

import io.github.headgate.caller.UserSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks how properties name the places that a user's id or tier comes from. */
final class SourceSyntax {

    private SourceSyntax() {}

    static void checkAll(String path, List<String> texts, Problems problems) {
        for (int i = 0; i < texts.size(); i++) {
            if (parse(texts.get(i)) == null) {
                problems.add(
                        ConfiguredSource.path(path, i), texts.get(i), "it is no source of a user", UserSource.ALLOWED);
            }
        }
    }

    static void checkVerified(String path, List<String> texts, Problems problems) {
        for (int i = 0; i < texts.size(); i++) {
            UserSource source = parse(texts.get(i));
            if (source == null || !source.isVerified()) {
                problems.add(
                        ConfiguredSource.path(path, i),
                        texts.get(i),
                        source == null
                                ? "it is no source of a tier"
                                : "a tier comes from verified sources only: any caller could choose his own here",
                        UserSource.VERIFIED_ALLOWED);
            }
        }
    }

    private static @Nullable UserSource parse(String text) {
        try {
            return UserSource.parse(text);
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }
}
