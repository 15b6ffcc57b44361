package io.github.headgate.limiter;

import io.github.headgate.Decision;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;

/**
 * Hears how requests fare. Called on the thread that decides or wakes, for every request: quick, and never throwing.
 */
public interface DecisionListener {

    /** Hears nothing. */
    DecisionListener NONE = new DecisionListener() {};

    /** The store is about to be asked. What this answers is handed to {@link #answered}: the time, or nothing. */
    default long asking() {
        return 0;
    }

    /** The store has answered, whether or not the caller is still there. */
    default void answered(LimitRequest request, Origin origin, long asking) {}

    /**
     * The caller is told, after its wait if there was one. Once a request; never for one whose caller left before, the
     * permits of which are given back.
     */
    default void told(LimitRequest request, Decision decision, Origin origin) {}

    /** The same in place of {@link #told}, when the caller goes whatever was decided, and waits for nothing. */
    default void shadowed(LimitRequest request, Decision decision, Origin origin) {}

    /** Both hear everything, this one first. What {@link #asking} answers is the other one's. */
    default DecisionListener then(DecisionListener other) {
        DecisionListener first = this;
        return new DecisionListener() {
            @Override
            public long asking() {
                return other.asking();
            }

            @Override
            public void answered(LimitRequest request, Origin origin, long asking) {
                other.answered(request, origin, asking);
            }

            @Override
            public void told(LimitRequest request, Decision decision, Origin origin) {
                first.told(request, decision, origin);
                other.told(request, decision, origin);
            }

            @Override
            public void shadowed(LimitRequest request, Decision decision, Origin origin) {
                first.shadowed(request, decision, origin);
                other.shadowed(request, decision, origin);
            }
        };
    }
}
