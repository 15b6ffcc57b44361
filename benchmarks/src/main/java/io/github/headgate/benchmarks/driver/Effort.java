package io.github.headgate.benchmarks.driver;

import io.github.headgate.benchmarks.report.Table.Role;
import io.github.headgate.benchmarks.subject.SubjectKind;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How long to measure: in full for figures to publish, quick for a look, smoke to see that all of it works. */
public enum Effort {
    FULL(3, 800, 1_800, 1_000_000, 10_000),
    QUICK(1, 300, 400, 100_000, 10_000),
    SMOKE(1, 0, 50, 1_000, 1_000);

    private final int rounds;
    private final int warmUpMillis;
    private final int measureMillis;
    private final int manyKeys;
    private final int waiters;

    Effort(int rounds, int warmUpMillis, int measureMillis, int manyKeys, int waiters) {
        this.rounds = rounds;
        this.warmUpMillis = warmUpMillis;
        this.measureMillis = measureMillis;
        this.manyKeys = manyKeys;
        this.waiters = waiters;
    }

    public static Effort of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** What is measured side by side; a quick look does without other ways to set Headgate up. */
    List<SubjectKind> subjects() {
        return Arrays.stream(SubjectKind.values())
                .filter(kind -> this != QUICK || kind.role() != Role.VARIANT)
                .toList();
    }

    /** How often all subjects are measured in turn; medians are reported. */
    int rounds() {
        return rounds;
    }

    /** The same for what takes so little time that a single stall of the machine is a large part of it. */
    int shortRounds() {
        return this == FULL ? 9 : 1;
    }

    /** For each measurement. */
    public Duration warmUp() {
        return Duration.ofMillis(warmUpMillis);
    }

    /** The length of a measurement. */
    public Duration measure() {
        return Duration.ofMillis(measureMillis);
    }

    /** To how many keys a database grows. */
    int manyKeys() {
        return manyKeys;
    }

    /** How many requests wait at once; a multiple of 100, which a key has at most. */
    int waiters() {
        return waiters;
    }

    /** The length of one of JMH's iterations. */
    int iterationMillis() {
        return switch (this) {
            case FULL -> 500;
            case QUICK -> 200;
            case SMOKE -> 10;
        };
    }

    boolean isSmoke() {
        return this == SMOKE;
    }

    /** How many gateways share the turns: the code that the JVM compiles, and its speed, differ between processes. */
    public int gateways() {
        return this == FULL ? 3 : 1;
    }

    /** How often all routes of a gateway are loaded before the first turn; until then its compiler is busy. */
    public int warmUpTurns() {
        return this == FULL ? 9 : this == QUICK ? 3 : 0;
    }

    /** How often all routes of a gateway are loaded in turn; medians are reported. */
    public int turns() {
        return this == FULL ? 9 : 1;
    }

    /** Of how many parts a turn consists, each with the routes in another order. */
    public int slices() {
        return this == FULL ? 3 : 1;
    }

    /** How long each of a gateway's routes is loaded in one turn. */
    public Duration turn() {
        return this == FULL ? Duration.ofMillis(1_200) : measure();
    }
}
