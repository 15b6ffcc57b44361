package io.github.headgate.benchmarks.subject;

import io.github.headgate.Rule;
import io.github.headgate.benchmarks.report.Table.Role;

/** What is measured side by side; each grants all that a run can ask. */
public enum SubjectKind {
    BARE_CALL("EVALSHA of return 1", Role.FLOOR),
    SPRING("RedisRateLimiter, one limit", Role.PEER),
    BUCKET4J("Bucket4j on Lettuce, three limits", Role.PEER),
    SORTED_SETS("sorted sets in a script, three limits", Role.PEER),
    HEADGATE("Headgate, three limits and burst", Role.OURS),
    TWO_CONNECTIONS("Headgate over two connections", Role.VARIANT),
    FLUSHES_TOGETHER("Headgate, commands flushed together", Role.VARIANT);

    private final String label;
    private final Role role;

    SubjectKind(String label, Role role) {
        this.label = label;
        this.role = role;
    }

    public String label() {
        return label;
    }

    public Role role() {
        return role;
    }

    /** Connects to a Redis. */
    public Subject open(String redisUrl) {
        return switch (this) {
            case BARE_CALL -> new BareCall(redisUrl);
            case SPRING -> new SpringLimiter(redisUrl);
            case BUCKET4J -> new Bucket4jLimiter(redisUrl);
            case SORTED_SETS -> new SortedSets(redisUrl);
            case HEADGATE -> new Headgate(redisUrl, Limits.NEVER_REACHED);
            case TWO_CONNECTIONS -> new TwoConnections(redisUrl, Limits.NEVER_REACHED);
            case FLUSHES_TOGETHER -> Headgate.flushingTogether(redisUrl, Limits.NEVER_REACHED);
        };
    }

    /** Limits that no run comes near. */
    public static final class Limits {

        public static final int PER_WINDOW = 2_000_000_000;
        public static final Rule NEVER_REACHED = Rule.of(PER_WINDOW, PER_WINDOW, PER_WINDOW, Rule.MAX_BURST_CAPACITY);

        private Limits() {}
    }
}
