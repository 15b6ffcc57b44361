package io.github.headgate.runtime;

/** A change that Redis did not confirm. Nothing was changed unless Redis was only late in saying so. */
public final class RulesUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1;

    RulesUnavailableException(Throwable cause) {
        super("Redis did not confirm the change of rules; the last known rules stay in force", cause);
    }
}
