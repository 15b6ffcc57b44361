package io.github.headgate.rules;

import java.util.Locale;

/** Whose rule is changed at run time. */
public enum RuleKind {
    USERS,
    TIERS,
    PROVIDERS;

    /** {@code users}, {@code tiers} or {@code providers}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
