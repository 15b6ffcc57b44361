package io.github.headgate.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches unless {@code headgate.enabled} is false. Unlike Boot's own condition it does not take a misspelt value for
 * false, which would silently lift every limit.
 */
final class OnEnabledCondition extends SpringBootCondition {

    static boolean isEnabled(Environment environment) {
        return Binder.get(environment).bind("headgate.enabled", Boolean.class).orElse(true);
    }

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        return new ConditionOutcome(
                isEnabled(context.getEnvironment()),
                ConditionMessage.forCondition("Headgate").because("headgate.enabled"));
    }
}
