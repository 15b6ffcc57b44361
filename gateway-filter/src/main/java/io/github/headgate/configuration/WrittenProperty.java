package io.github.headgate.configuration;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.origin.Origin;

/**
 * A property as it stands in its source.
 *
 * @param name in whatever relaxed form it has there
 * @param value its text, placeholders replaced where they can be
 * @param origin where it stands; null when the source does not know
 */
record WrittenProperty(String name, String value, @Nullable Origin origin) {

    List<NameSegment> segments() {
        return NameSegment.parse(name);
    }
}
