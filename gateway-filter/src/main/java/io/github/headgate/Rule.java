package io.github.headgate;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The limits of one key: the most permits in any minute, hour and day, and the most at once. Each is optional, at least
 * one window is present.
 *
 * @param requestsPerMinute most permits in any 60 s, 1 to 2,147,483,647
 * @param requestsPerHour most permits in any 3,600 s, 1 to 2,147,483,647
 * @param requestsPerDay most permits in any 86,400 s, 1 to 2,147,483,647
 * @param burstCapacity most permits at once, 1 to {@value #MAX_BURST_CAPACITY}, refilled at the rate of the shortest
 *     window present
 */
public record Rule(
        @Nullable Integer requestsPerMinute,
        @Nullable Integer requestsPerHour,
        @Nullable Integer requestsPerDay,
        @Nullable Integer burstCapacity) {

    /** The largest burst capacity whose arithmetic is exact in a double, which is what Redis scripts count in. */
    public static final int MAX_BURST_CAPACITY = 100_000_000;

    /** @throws IllegalArgumentException if a number is out of its range or no window is present */
    public Rule {
        requirePositive("requests-per-minute", requestsPerMinute);
        requirePositive("requests-per-hour", requestsPerHour);
        requirePositive("requests-per-day", requestsPerDay);
        requirePositive("burst-capacity", burstCapacity);
        if (burstCapacity != null && burstCapacity > MAX_BURST_CAPACITY) {
            throw new IllegalArgumentException("burst-capacity must be 1 to 100000000, not " + burstCapacity);
        }
        if (requestsPerMinute == null && requestsPerHour == null && requestsPerDay == null) {
            throw new IllegalArgumentException(
                    "a rule needs at least one of requests-per-minute, requests-per-hour and requests-per-day");
        }
    }

    /** A rule with all three windows and a burst capacity. */
    public static Rule of(int perMinute, int perHour, int perDay, int burstCapacity) {
        return new Rule(perMinute, perHour, perDay, burstCapacity);
    }

    private static void requirePositive(String name, @Nullable Integer value) {
        if (value != null && value < 1) {
            throw new IllegalArgumentException(name + " must be 1 to 2147483647, not " + value);
        }
    }

    /** The limit of a window, or null when the rule has none for it. */
    public @Nullable Integer limit(Window window) {
        return switch (window) {
            case MINUTE -> requestsPerMinute;
            case HOUR -> requestsPerHour;
            case DAY -> requestsPerDay;
        };
    }

    /** The windows that this rule limits, shortest first. */
    public List<Window> windows() {
        List<Window> present = new ArrayList<>(3);
        for (Window window : Window.values()) {
            if (limit(window) != null) {
                present.add(window);
            }
        }
        return List.copyOf(present);
    }

    /** The shortest window present: its rate refills the burst. */
    public Window shortestWindow() {
        if (requestsPerMinute != null) {
            return Window.MINUTE;
        }
        return requestsPerHour != null ? Window.HOUR : Window.DAY;
    }

    /** As start-up prints it, for example {@code 60/min 3000/h 50000/day burst 20}. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>(4);
        if (requestsPerMinute != null) {
            parts.add(requestsPerMinute + "/min");
        }
        if (requestsPerHour != null) {
            parts.add(requestsPerHour + "/h");
        }
        if (requestsPerDay != null) {
            parts.add(requestsPerDay + "/day");
        }
        if (burstCapacity != null) {
            parts.add("burst " + burstCapacity);
        }
        return String.join(" ", parts);
    }
}
