package io.github.headgate.http;

/** Lengths of time as headers and messages write them. */
final class Durations {

    private Durations() {}

    /** Whole seconds, rounded up: a caller that obeys is never early. */
    static long secondsRoundedUp(long millis) {
        return millis / 1_000 + (millis % 1_000 > 0 ? 1 : 0);
    }

    /**
     * A Go duration of whole numbers only, because clients parse the fractional form wrongly: {@code 250ms} under one
     * second, otherwise whole seconds rounded up, such as {@code 1s}, {@code 6m0s} or {@code 24h0m0s}.
     */
    static String go(long millis) {
        if (millis > 0 && millis < 1_000) {
            return millis + "ms";
        }
        return goSeconds(secondsRoundedUp(millis));
    }

    static String goSeconds(long seconds) {
        if (seconds < 60) {
            return seconds + "s";
        }
        long minutes = seconds / 60;
        if (minutes < 60) {
            return minutes + "m" + seconds % 60 + 's';
        }
        return minutes / 60 + "h" + minutes % 60 + 'm' + seconds % 60 + 's';
    }
}
