package io.github.headgate.rules;

import io.github.headgate.Rule;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One change at run time. Without a rule and a tier it takes back what was set.
 *
 * @param version the version of all run-time rules that it makes, at least 1
 * @param name the tier, the provider, or the text of the user's id
 * @param tier the tier that a user is moved to; never together with a rule
 * @param who the name that the change was made under
 * @param at when, by the clock of the gateway that made it
 */
public record RuleChange(
        long version,
        RuleKind kind,
        String name,
        @Nullable Rule rule,
        @Nullable String tier,
        String who,
        Instant at) {

    /** @throws IllegalArgumentException if there is a rule and a tier, or a tier for another than a user */
    public RuleChange {
        if (tier != null && (rule != null || kind != RuleKind.USERS)) {
            throw new IllegalArgumentException("a tier is for a user, and in place of a rule");
        }
    }

    boolean isOf(RuleKind otherKind, String otherName) {
        return kind == otherKind && name.equals(otherName);
    }

    boolean sets() {
        return rule != null || tier != null;
    }
}
