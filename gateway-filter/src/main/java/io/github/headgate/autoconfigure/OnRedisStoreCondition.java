package io.github.headgate.autoconfigure;

import java.util.Objects;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Matches when counts live in Redis. Evaluated after Boot's Redis auto-configuration, whose beans it looks at. */
final class OnRedisStoreCondition extends SpringBootCondition implements ConfigurationCondition {

    @Override
    public ConfigurationPhase getConfigurationPhase() {
        return ConfigurationPhase.REGISTER_BEAN;
    }

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        StoreChoice choice = StoreChoice.of(context.getEnvironment(), Objects.requireNonNull(context.getBeanFactory()));
        return new ConditionOutcome(
                choice.redis(),
                ConditionMessage.forCondition("Headgate's store").because(choice.reason()));
    }
}
