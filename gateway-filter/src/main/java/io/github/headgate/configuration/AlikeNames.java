package io.github.headgate.configuration;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells the names of a map's entries that binding takes for one another: it ignores case, hyphens and underscores
 * outside brackets, so that {@code Alice} would be bound to the limits of {@code alice}.
 */
final class AlikeNames {

    private final Map<String, NameSegment> seen = new HashMap<>();

    /**
     * Remembers a name, and answers the one seen before that it cannot be told from; null when there is none.
     *
     * @param mapPath the map's path
     */
    @Nullable
    String seenBefore(String mapPath, NameSegment name) {
        NameSegment exact = seen.putIfAbsent(mapPath + '[' + name.text() + ']', name);
        if (exact != null && exact.bracketed() != name.bracketed()) {
            return written(exact);
        }
        if (name.bracketed()) {
            return null;
        }
        NameSegment alike = seen.putIfAbsent(mapPath + '.' + PropertyTree.uniform(name.text()), name);
        return alike == null || alike.equals(name) ? null : written(alike);
    }

    private static String written(NameSegment name) {
        return name.bracketed() ? '[' + name.text() + ']' : name.text();
    }
}
