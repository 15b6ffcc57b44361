package io.github.headgate.benchmarks.subject;

import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Who is told what became of one check. */
public interface Answer {

    void decided(boolean granted);

    void failed(Throwable cause);

    /** Passes on what a future comes to. */
    default <T> void follow(CompletionStage<T> future, Predicate<T> isGrant) {
        var unused = future.whenComplete((value, problem) -> {
            if (problem == null) {
                decided(isGrant.test(value));
            } else {
                failed(problem);
            }
        });
    }
}
