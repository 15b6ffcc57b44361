package io.github.headgate.configuration;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.origin.Origin;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Says of every wrong value under {@code headgate} where it is, what it breaks, and what is allowed. */
// Before Boot's own analyzer of binding failures, which knows neither the rule nor the range.
@Order(Ordered.HIGHEST_PRECEDENCE)
final class InvalidConfigurationFailureAnalyzer implements FailureAnalyzer {

    private final @Nullable Environment environment;

    InvalidConfigurationFailureAnalyzer(@Nullable Environment environment) {
        this.environment = environment;
    }

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        BindException notBound = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidConfigurationException invalid) {
                return analysis(invalid.problems(), failure);
            }
            if (cause instanceof BindException bind && isOurs(bind)) {
                notBound = bind;
            }
        }
        return notBound == null ? null : analysis(List.of(unbound(notBound)), failure);
    }

    private static boolean isOurs(BindException failure) {
        ConfigurationPropertyName root = ConfigurationPropertyName.of(HeadgateProperties.PREFIX);
        return root.equals(failure.getName()) || root.isAncestorOf(failure.getName());
    }

    private static Problem unbound(BindException failure) {
        String path = failure.getName().toString();
        Class<?> type = failure.getTarget().getType().resolve(Object.class);
        ConfigurationProperty property = failure.getProperty();
        String value = property == null ? "" : String.valueOf(property.getValue());
        return new Problem(path, value, reason(failure, value, type), Allowed.ofType(path, type));
    }

    private static String reason(BindException failure, String value, Class<?> type) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        if (value.contains("${")) {
            return "nothing says what this placeholder stands for";
        }
        if (root instanceof NumberFormatException || root instanceof ArithmeticException) {
            return "it is no number, or one out of range";
        }
        if (type.isEnum()) {
            return "there is no such choice";
        }
        return String.valueOf(root.getMessage());
    }

    private FailureAnalysis analysis(List<Problem> problems, Throwable failure) {
        StringBuilder text = new StringBuilder(
                problems.size() == 1
                        ? "Headgate cannot start with this configuration:"
                        : "Headgate cannot start with this configuration, for " + problems.size() + " reasons:");
        for (Problem problem : problems) {
            text.append(System.lineSeparator());
            line(text, "Property", problem.path());
            line(text, "Value", '"' + problem.value() + '"');
            Origin origin = originOf(problem.path());
            if (origin != null) {
                line(text, "Origin", origin.toString());
            }
            line(text, "Reason", problem.reason());
            line(text, "Allowed", problem.allowed());
        }
        return new FailureAnalysis(text.toString(), "Correct what is named above, and start again.", failure);
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(System.lineSeparator())
                .append("    ")
                .append(name)
                .append(": ")
                .append(value);
    }

    private @Nullable Origin originOf(String path) {
        if (environment == null) {
            return null;
        }
        ConfigurationPropertyName name = ConfigurationPropertyName.adapt(path, '.');
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            ConfigurationProperty property = source.getConfigurationProperty(name);
            if (property != null) {
                return property.getOrigin();
            }
        }
        return null;
    }
}
