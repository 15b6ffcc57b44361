package io.github.headgate.arithmetic;

import io.github.headgate.LimitKind;
import io.github.headgate.LimitUsage;
import io.github.headgate.Window;
import java.util.Arrays;
import java.util.List;

/**
 * What another store last said of a key that this state does not know of itself: permits that were granted elsewhere.
 *
 * <p>Only their sum is known, so all of them count as spent when the newest permit was: they come back late, never
 * early.
 */
final class ReportedUsage {

    private static final Window[] WINDOWS = Window.values();

    private final int[] elsewhere = new int[WINDOWS.length];
    private final long[] newest = new long[WINDOWS.length];
    private int burst;
    private long at;

    /** @param known what the state holds itself */
    void set(List<LimitUsage> usage, KeyState known, long present) {
        burst = 0;
        at = present;
        Arrays.fill(elsewhere, 0);
        for (LimitUsage each : usage) {
            if (each.kind() == LimitKind.BURST) {
                burst = each.used();
            } else {
                Window window = WINDOWS[each.kind().ordinal()];
                elsewhere[window.ordinal()] = (int) Math.max(0, each.used() - known.held(window));
                newest[window.ordinal()] = present + each.resetMillis() - window.millis();
            }
        }
    }

    /** Permits granted elsewhere that a window holds. */
    int elsewhere(Window window) {
        return elsewhere[window.ordinal()];
    }

    /** The latest instant at which any of those was spent. */
    long newest(Window window) {
        return newest[window.ordinal()];
    }

    /** What the burst is short of at an instant. */
    long deficit(TokenBucket bucket, long instant) {
        return bucket.capacity() == 0 ? 0 : bucket.decayed(burst * TokenBucket.UNIT, Math.max(0, instant - at));
    }

    boolean isSpent(long present) {
        for (Window window : WINDOWS) {
            if (elsewhere(window) > 0 && newest(window) + window.millis() + window.slotMillis() > present) {
                return false;
            }
        }
        return true;
    }
}
