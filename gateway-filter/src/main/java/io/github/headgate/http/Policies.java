package io.github.headgate.http;

import io.github.headgate.LimitKind;
import io.github.headgate.LimitUsage;
import io.github.headgate.Window;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The {@code RateLimit-Policy} of some limits. Those of the last responses are remembered, since few rules decide about
 * most requests. Thread-safe.
 */
final class Policies {

    /** A power of two. */
    private static final int PLACES = 256;

    private static final AtomicReferenceArray<@Nullable Policies> REMEMBERED = new AtomicReferenceArray<>(PLACES);

    private final LimitKind[] kinds;
    private final int[] limits;
    private final String text;

    private Policies(List<LimitUsage> usage) {
        kinds = usage.stream().map(LimitUsage::kind).toArray(LimitKind[]::new);
        limits = usage.stream().mapToInt(LimitUsage::limit).toArray();
        StringBuilder list = new StringBuilder(128);
        for (LimitUsage each : usage) {
            if (!list.isEmpty()) {
                list.append(',');
            }
            list.append(LimitHeaders.item(each.kind())).append(";q=").append(each.limit());
            Window window = window(each.kind());
            if (window != null) {
                list.append(";w=").append(window.millis() / 1_000);
            }
        }
        text = list.toString();
    }

    /** The header's value for the limits of a usage. */
    static String of(List<LimitUsage> usage) {
        int place = place(usage);
        Policies known = REMEMBERED.get(place);
        if (known == null || !known.areOf(usage)) {
            known = new Policies(usage);
            REMEMBERED.set(place, known);
        }
        return known.text;
    }

    private static int place(List<LimitUsage> usage) {
        int hash = 0;
        for (int i = 0; i < usage.size(); i++) {
            hash = 31 * hash + usage.get(i).limit();
        }
        return (hash ^ hash >>> 16) & PLACES - 1;
    }

    private boolean areOf(List<LimitUsage> usage) {
        if (usage.size() != kinds.length) {
            return false;
        }
        for (int i = 0; i < kinds.length; i++) {
            LimitUsage each = usage.get(i);
            if (each.kind() != kinds[i] || each.limit() != limits[i]) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable Window window(LimitKind kind) {
        return switch (kind) {
            case MINUTE -> Window.MINUTE;
            case HOUR -> Window.HOUR;
            case DAY -> Window.DAY;
            case BURST -> null;
        };
    }
}
