package io.github.headgate.runtime;

import io.github.headgate.rules.RuntimeRules;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The highest version that this gateway has seen, and who hears of it. */
final class Known {

    private final List<Consumer<RuntimeRules>> listeners = new ArrayList<>();
    private volatile RuntimeRules rules = RuntimeRules.NONE;

    RuntimeRules rules() {
        return rules;
    }

    synchronized void listen(Consumer<RuntimeRules> listener) {
        listeners.add(listener);
        listener.accept(rules);
    }

    /** Lower versions come late, and are no news. */
    synchronized void adopt(RuntimeRules seen) {
        if (seen.version() > rules.version()) {
            rules = seen;
            listeners.forEach(it -> it.accept(seen));
        }
    }
}
