package io.github.headgate.benchmarks.driver;

import io.github.headgate.Rule;
import io.github.headgate.Window;
import io.github.headgate.arithmetic.Spent;
import io.github.headgate.benchmarks.subject.Headgate;
import java.util.ArrayList;
import java.util.List;

/** Fills a key's windows as a day of steady use would: permits in every slot of every window, up to the limits. */
final class History {

    /** Tells of permits that were spent so many milliseconds ago. */
    interface Past {
        void spend(int permits, long ageMillis);
    }

    private History() {}

    /** Oldest first. */
    static void of(Rule rule, Past past) {
        for (Window window : List.of(Window.DAY, Window.HOUR, Window.MINUTE)) {
            Integer limit = rule.limit(window);
            if (limit == null) {
                continue;
            }
            // A small limit leaves slots empty, but not the oldest one, which decides how much is kept.
            int step = Math.max(1, 3 * Window.SLOTS / limit);
            int permits = Math.max(1, limit / (2 * Window.SLOTS));
            // What is newer than the next shorter window is that window's to fill, or it would be full at once.
            long newest = window == Window.MINUTE ? 0 : 2 * Window.values()[window.ordinal() - 1].millis();
            long oldest = (Window.SLOTS - 1) * window.slotMillis();
            for (long age = oldest; age >= newest; age -= step * window.slotMillis()) {
                past.spend(permits, age);
            }
        }
    }

    /**
     * Writes into Redis what a key has after two requests. Each key by a call of its own, as users come: keys that one
     * call has made are alike to the last byte, and a server that keeps alike strings once has it easier with them.
     */
    static void begin(Headgate headgate, String user, Rule rule) {
        headgate.charge(user, List.of(new Spent(rule, 1, 1_000), new Spent(rule, 1, 0)))
                .join();
    }

    /** Writes a full history into Redis. */
    static void fill(Headgate headgate, String user, Rule rule) {
        List<Spent> spent = new ArrayList<>();
        of(rule, (permits, age) -> spent.add(new Spent(rule, permits, age)));
        headgate.charge(user, spent).join();
    }
}
