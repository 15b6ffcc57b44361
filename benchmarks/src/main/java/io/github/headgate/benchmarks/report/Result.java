package io.github.headgate.benchmarks.report;

import java.util.List;

/** What one driver found. */
public record Result(List<Table> tables, List<Target> targets) {

    public Result {
        tables = List.copyOf(tables);
        targets = List.copyOf(targets);
    }
}
