package io.github.headgate.endpoint;

import io.github.headgate.Rule;
import io.github.headgate.rules.NeverBinding;
import io.github.headgate.rules.RuleChange;
import io.github.headgate.rules.RuleKind;
import io.github.headgate.rules.RuntimeRules;
import io.github.headgate.runtime.RuleStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was set at run time.
 *
 * @param store where it is kept: {@code redis} or {@code memory}
 * @param history the last hundred changes, the newest first
 */
record RulesView(
        String store,
        long version,
        Map<String, Change> users,
        Map<String, Change> tiers,
        Map<String, Change> providers,
        List<Change> history) {

    static RulesView of(RuleStore store) {
        RuntimeRules rules = store.current();
        List<Change> history =
                new ArrayList<>(rules.history().stream().map(Change::of).toList());
        Collections.reverse(history);
        return new RulesView(
                store.place(),
                rules.version(),
                set(rules, RuleKind.USERS),
                set(rules, RuleKind.TIERS),
                set(rules, RuleKind.PROVIDERS),
                history);
    }

    private static Map<String, Change> set(RuntimeRules rules, RuleKind kind) {
        Map<String, Change> set = new TreeMap<>();
        rules.set().stream().filter(it -> it.kind() == kind).forEach(it -> set.put(it.name(), Change.of(it)));
        return set;
    }

    /**
     * One change.
     *
     * @param rule null with a null tier: what was set was taken back
     * @param at ISO 8601, by the clock of the gateway that made it
     * @param neverBinding the limits that can never be reached
     */
    record Change(
            long version,
            String kind,
            String name,
            @Nullable Rule rule,
            @Nullable String tier,
            String who,
            String at,
            List<String> neverBinding) {

        static Change of(RuleChange change) {
            Rule rule = change.rule();
            return new Change(
                    change.version(),
                    change.kind().label(),
                    change.name(),
                    rule,
                    change.tier(),
                    change.who(),
                    change.at().toString(),
                    rule == null ? List.of() : NeverBinding.in(rule));
        }
    }
}
