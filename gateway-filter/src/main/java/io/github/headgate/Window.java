package io.github.headgate;

import java.time.Duration;

/** A sliding stretch of time over which permits are counted, divided into {@link #SLOTS} slots. */
public enum Window {
    MINUTE(60_000, LimitKind.MINUTE),
    HOUR(3_600_000, LimitKind.HOUR),
    DAY(86_400_000, LimitKind.DAY);

    /** Slots in one window; a permit's time is known to one slot. */
    public static final int SLOTS = 60;

    private final long millis;
    private final long slotMillis;
    private final LimitKind limitKind;

    Window(long millis, LimitKind limitKind) {
        this.millis = millis;
        this.slotMillis = millis / SLOTS;
        this.limitKind = limitKind;
    }

    /** The window's length in milliseconds. */
    public long millis() {
        return millis;
    }

    /** One slot's length in milliseconds: 1 s, 1 min or 24 min. */
    public long slotMillis() {
        return slotMillis;
    }

    public Duration length() {
        return Duration.ofMillis(millis);
    }

    /** The kind of limit that this window imposes. */
    public LimitKind limitKind() {
        return limitKind;
    }
}
