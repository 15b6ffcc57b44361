package io.github.headgate.sample.upstream;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Turns a bad upstream variable into a description and an action, without a stack trace. */
final class InvalidUpstreamFailureAnalyzer extends AbstractFailureAnalyzer<InvalidUpstreamException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidUpstreamException cause) {
        return new FailureAnalysis(cause.getMessage(), cause.action(), cause);
    }
}
