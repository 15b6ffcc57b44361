package io.github.headgate.runtime;

import io.github.headgate.rules.RuntimeRules;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/** Keeps what was set at run time. Thread-safe; nothing blocks. */
public interface RuleStore {

    /** {@code redis} or {@code memory}. */
    String place();

    /** What this gateway knows: the last known while Redis is away. */
    RuntimeRules current();

    /** Calls a listener now, and after each change, one call at a time, with ever higher versions. */
    void listen(Consumer<RuntimeRules> listener);

    /**
     * Makes a change when subscribed to.
     *
     * @return an error of {@link RulesUnavailableException} when Redis did not confirm it
     */
    Mono<EditOutcome> edit(RuleEdit edit);
}
