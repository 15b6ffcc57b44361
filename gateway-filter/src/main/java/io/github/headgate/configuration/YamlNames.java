package io.github.headgate.configuration;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.TextResourceOrigin;
import org.springframework.core.io.Resource;

/**
 * Tells the names that YAML has made of something else: outside quotes it reads 0042 as 34, 1_000 as 1000, and yes as
 * true. Nothing is left of what was written but the file, so this looks there.
 */
final class YamlNames {

    private static final Pattern MAY_BE_MADE = Pattern.compile("-?[0-9][0-9.Ee+-]*|true|false|null|NaN|-?Infinity");
    private static final Pattern WRITTEN = Pattern.compile("([A-Za-z0-9_.+:-]+)[\"'\\]]*\\s*:");

    private final Map<Resource, Set<String>> writtenIn = new HashMap<>();

    /** Whether the name does not stand in the YAML file that it is from; false where that cannot be told. */
    boolean isMade(String name, @Nullable Origin origin) {
        if (!MAY_BE_MADE.matcher(name).matches() || !(origin instanceof TextResourceOrigin text)) {
            return false;
        }
        Resource file = text.getResource();
        if (file == null || file.getFilename() == null || !file.getFilename().matches(".*\\.ya?ml")) {
            return false;
        }
        Set<String> written = writtenIn.computeIfAbsent(file, YamlNames::namesIn);
        return !written.isEmpty() && !written.contains(name);
    }

    private static Set<String> namesIn(Resource file) {
        Set<String> names = new HashSet<>();
        try {
            Matcher matcher = WRITTEN.matcher(file.getContentAsString(StandardCharsets.UTF_8));
            while (matcher.find()) {
                names.add(matcher.group(1));
            }
        } catch (IOException e) {
            return Set.of(); // It was readable a moment ago; its values are there, only this check is not.
        }
        return names;
    }
}
