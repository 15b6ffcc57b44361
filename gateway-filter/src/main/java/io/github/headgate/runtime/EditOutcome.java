package io.github.headgate.runtime;

import io.github.headgate.rules.RuntimeRules;

/** What became of an edit. */
public sealed interface EditOutcome {

    /** It is in force here, and soon everywhere. */
    record Made(RuntimeRules rules) implements EditOutcome {}

    /** There was nothing to take back, and nothing changed. */
    record NotSet() implements EditOutcome {}

    /** It was decided on another version than there is, and changed nothing. */
    record Stale(long version) implements EditOutcome {}
}
