package io.github.headgate.autoconfigure;

import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.context.annotation.Conditional;

/** Matches when counts live in this gateway's memory alone. */
final class OnLocalStoreCondition extends NoneNestedConditions {

    OnLocalStoreCondition() {
        super(ConfigurationPhase.REGISTER_BEAN);
    }

    @Conditional(OnRedisStoreCondition.class)
    static class InRedis {}
}
