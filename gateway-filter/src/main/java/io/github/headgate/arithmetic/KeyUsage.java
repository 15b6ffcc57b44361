package io.github.headgate.arithmetic;

import io.github.headgate.LimitKind;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.Window;
import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * Where a key stood with the limits of a rule, windows shortest first, then the burst.
 *
 * <p>Kept as bare numbers until someone reads them: every decision carries its usage, and many are never read in full.
 */
public final class KeyUsage extends AbstractList<LimitUsage> implements RandomAccess {

    private static final Window[] WINDOWS = Window.values();

    private final Rule rule;
    private final long deficit;
    private final int ahead;
    // Fields and not an array, which would be an object more in every decision; a window's times fit into an int.
    private int minuteRemaining;
    private int minuteReset;
    private int minuteNext;
    private int hourRemaining;
    private int hourReset;
    private int hourNext;
    private int dayRemaining;
    private int dayReset;
    private int dayNext;
    /** Made by whoever reads first; two who do at once make the same. */
    private @Nullable List<LimitUsage> entries;

    /**
     * @param deficit what the burst was short of, in {@link TokenBucket#UNIT} of a permit; not read without a burst
     * @param ahead how many milliseconds later than the usage that holds
     */
    public KeyUsage(Rule rule, long deficit, int ahead) {
        this.rule = rule;
        this.deficit = deficit;
        this.ahead = ahead;
    }

    /** Notes one window's usage, as {@link LimitUsage} has it, before the list is shown to anyone. */
    public void set(Window window, long remaining, long resetMillis, long nextPermitMillis) {
        switch (window) {
            case MINUTE -> {
                minuteRemaining = (int) remaining;
                minuteReset = (int) resetMillis;
                minuteNext = (int) nextPermitMillis;
            }
            case HOUR -> {
                hourRemaining = (int) remaining;
                hourReset = (int) resetMillis;
                hourNext = (int) nextPermitMillis;
            }
            case DAY -> {
                dayRemaining = (int) remaining;
                dayReset = (int) resetMillis;
                dayNext = (int) nextPermitMillis;
            }
        }
    }

    /** Permits that a window held, 0 if it has no limit; read from the bare numbers where there are such. */
    static int used(List<LimitUsage> usage, Window window) {
        if (usage instanceof KeyUsage bare) {
            Integer limit = bare.rule.limit(window);
            return limit == null ? 0 : limit - bare.remaining(window);
        }
        for (LimitUsage each : usage) {
            if (each.kind() == window.limitKind()) {
                return each.used();
            }
        }
        return 0;
    }

    private int remaining(Window window) {
        return switch (window) {
            case MINUTE -> minuteRemaining;
            case HOUR -> hourRemaining;
            case DAY -> dayRemaining;
        };
    }

    @Override
    public LimitUsage get(int index) {
        return entries().get(index);
    }

    @Override
    public Iterator<LimitUsage> iterator() {
        return entries().iterator();
    }

    private List<LimitUsage> entries() {
        List<LimitUsage> made = entries;
        if (made == null) {
            made = make();
            entries = made;
        }
        return made;
    }

    private List<LimitUsage> make() {
        LimitUsage[] all = new LimitUsage[size()];
        int next = 0;
        for (Window window : WINDOWS) {
            Integer limit = rule.limit(window);
            if (limit != null) {
                all[next++] = usage(window, limit);
            }
        }
        if (rule.burstCapacity() != null) {
            all[next] = TokenBucket.of(rule).usage(deficit, ahead);
        }
        // Unlike an array, it is seen whole by every thread, however it got there.
        return List.of(all);
    }

    private LimitUsage usage(Window window, int limit) {
        return switch (window) {
            case MINUTE -> new LimitUsage(LimitKind.MINUTE, limit, minuteRemaining, minuteReset, minuteNext);
            case HOUR -> new LimitUsage(LimitKind.HOUR, limit, hourRemaining, hourReset, hourNext);
            case DAY -> new LimitUsage(LimitKind.DAY, limit, dayRemaining, dayReset, dayNext);
        };
    }

    @Override
    public int size() {
        int size = rule.burstCapacity() == null ? 0 : 1;
        for (Window window : WINDOWS) {
            if (rule.limit(window) != null) {
                size++;
            }
        }
        return size;
    }
}
