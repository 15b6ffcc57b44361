package io.github.headgate.runtime;

import io.github.headgate.rules.RuntimeRules;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;

/** Keeps run-time rules in this process, until it ends. */
public final class LocalRuleStore implements RuleStore {

    private final Known known = new Known();

    @Override
    public String place() {
        return "memory";
    }

    @Override
    public RuntimeRules current() {
        return known.rules();
    }

    @Override
    public void listen(Consumer<RuntimeRules> listener) {
        known.listen(listener);
    }

    @Override
    public Mono<EditOutcome> edit(RuleEdit edit) {
        return Mono.fromSupplier(() -> make(edit));
    }

    private synchronized EditOutcome make(RuleEdit edit) {
        RuntimeRules before = known.rules();
        EditOutcome obstacle = edit.obstacle(before);
        if (obstacle != null) {
            return obstacle;
        }
        known.adopt(edit.apply(before));
        return new EditOutcome.Made(known.rules());
    }
}
