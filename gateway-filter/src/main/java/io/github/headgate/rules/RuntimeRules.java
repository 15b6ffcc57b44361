package io.github.headgate.rules;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was set at run time, and how it came to be. Immutable: a change makes a new one.
 *
 * @param version grows by one with each change; 0 when there was none
 * @param set what is set now, at most one entry for each kind and name
 * @param history the last {@value #HISTORY} changes, the oldest first
 */
public record RuntimeRules(long version, List<RuleChange> set, List<RuleChange> history) {

    /** How many changes are kept to be read back. */
    public static final int HISTORY = 100;

    /** Nothing was ever set. */
    public static final RuntimeRules NONE = new RuntimeRules(0, List.of(), List.of());

    public RuntimeRules {
        set = List.copyOf(set);
        history = List.copyOf(history);
    }

    /**
     * The same after a change.
     *
     * @throws IllegalArgumentException if the change is not the next version
     */
    public RuntimeRules with(RuleChange change) {
        if (change.version() != version + 1) {
            throw new IllegalArgumentException("version " + change.version() + " does not follow " + version);
        }
        List<RuleChange> nowSet = new ArrayList<>(set);
        nowSet.removeIf(it -> it.isOf(change.kind(), change.name()));
        if (change.sets()) {
            nowSet.add(change);
        }
        List<RuleChange> all = new ArrayList<>(history);
        all.add(change);
        return new RuntimeRules(change.version(), nowSet, all.subList(Math.max(0, all.size() - HISTORY), all.size()));
    }

    /** What is set for a name now; null when configuration alone decides. */
    public @Nullable RuleChange find(RuleKind kind, String name) {
        for (RuleChange each : set) {
            if (each.isOf(kind, name)) {
                return each;
            }
        }
        return null;
    }
}
