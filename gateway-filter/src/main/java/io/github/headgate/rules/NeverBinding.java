package io.github.headgate.rules;

import io.github.headgate.Rule;
import io.github.headgate.Window;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The limits of a rule that can never be reached, because another limit of the same rule always stops a caller first.
 */
public final class NeverBinding {

    private NeverBinding() {}

    /**
     * One entry for each such limit; empty when every limit can bind.
     *
     * @return for example {@code requests-per-day 5000 can never bind: requests-per-hour 10 admits at most 240 in a
     *     day}
     */
    public static List<String> in(Rule rule) {
        List<String> found = new ArrayList<>();
        for (Window window : rule.windows()) {
            String stronger = strongerThan(window, rule);
            if (stronger != null) {
                found.add(property(window) + ' ' + rule.limit(window) + " can never bind: " + stronger);
            }
        }
        Integer burst = rule.burstCapacity();
        if (burst != null) {
            Window least = leastLimit(rule);
            if (burst > limit(rule, least)) {
                found.add("burst-capacity " + burst + " can never bind: " + property(least) + ' ' + limit(rule, least)
                        + " admits no more at once");
            }
        }
        return List.copyOf(found);
    }

    private static @Nullable String strongerThan(Window window, Rule rule) {
        long limit = limit(rule, window);
        for (Window other : rule.windows()) {
            // A shorter window admits its limit once in each of its lengths, a longer one all of its limit at once.
            long times = Math.max(1, window.millis() / other.millis());
            long most = limit(rule, other) * times;
            if (other != window && most < limit) {
                return property(other) + ' ' + limit(rule, other) + " admits at most " + most + " in "
                        + (window == Window.HOUR ? "an " : "a ")
                        + window.limitKind().label();
            }
        }
        return null;
    }

    private static Window leastLimit(Rule rule) {
        Window least = rule.shortestWindow();
        for (Window window : rule.windows()) {
            if (limit(rule, window) < limit(rule, least)) {
                least = window;
            }
        }
        return least;
    }

    private static int limit(Rule rule, Window window) {
        Integer limit = rule.limit(window);
        return limit == null ? Integer.MAX_VALUE : limit;
    }

    private static String property(Window window) {
        return "requests-per-" + window.limitKind().label();
    }
}
