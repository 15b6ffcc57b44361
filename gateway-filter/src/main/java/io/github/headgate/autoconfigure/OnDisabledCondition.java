package io.github.headgate.autoconfigure;

import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.context.annotation.Conditional;

/** Matches when {@code headgate.enabled} is false. */
final class OnDisabledCondition extends NoneNestedConditions {

    OnDisabledCondition() {
        super(ConfigurationPhase.REGISTER_BEAN);
    }

    @Conditional(OnEnabledCondition.class)
    static class Enabled {}
}
