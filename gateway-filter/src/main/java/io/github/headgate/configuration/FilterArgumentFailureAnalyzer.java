package io.github.headgate.configuration;

import io.github.headgate.filter.FilterArgumentException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says of a filter that cannot work as its route configures it where it is, what stands there, and what is allowed. */
final class FilterArgumentFailureAnalyzer extends AbstractFailureAnalyzer<FilterArgumentException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, FilterArgumentException cause) {
        String text = """
                Headgate cannot start with this configuration:

                    Where: %s
                    Value: "%s"
                    Rule: %s""".formatted(cause.location(), cause.value(), cause.allowed());
        return new FailureAnalysis(text, "Correct what is named above, and start again.", cause);
    }
}
