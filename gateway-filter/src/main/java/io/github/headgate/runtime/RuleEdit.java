package io.github.headgate.runtime;

import io.github.headgate.Rule;
import io.github.headgate.rules.RuleChange;
import io.github.headgate.rules.RuleKind;
import io.github.headgate.rules.RuntimeRules;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A change that is asked for.
 *
 * @param name the tier, the provider, or the text of the user's id
 * @param rule null together with a null tier: what was set is taken back
 * @param tier the tier that a user is moved to
 * @param who the name to make it under
 * @param expectedVersion the version it was decided on; null: whichever there is
 */
public record RuleEdit(
        RuleKind kind,
        String name,
        @Nullable Rule rule,
        @Nullable String tier,
        String who,
        @Nullable Long expectedVersion) {

    /** Why it changes nothing; null when it changes something. */
    @Nullable
    EditOutcome obstacle(RuntimeRules rules) {
        if (expectedVersion != null && expectedVersion != rules.version()) {
            return new EditOutcome.Stale(rules.version());
        }
        boolean takesBack = rule == null && tier == null;
        return takesBack && rules.find(kind, name) == null ? new EditOutcome.NotSet() : null;
    }

    RuntimeRules apply(RuntimeRules rules) {
        return rules.with(new RuleChange(rules.version() + 1, kind, name, rule, tier, who, Instant.now()));
    }
}
