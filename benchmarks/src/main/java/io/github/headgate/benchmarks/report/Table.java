package io.github.headgate.benchmarks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Figures of one kind, a row a subject.
 *
 * @param note how they were measured
 */
public record Table(String title, String note, Unit unit, List<String> columns, List<Row> rows) {

    /** What a row stands for. */
    public enum Role {
        OURS,
        /** Ours set up another way, to show what that would bring. */
        VARIANT,
        PEER,
        /** Not a limiter: what the machine can do at best. */
        FLOOR
    }

    /**
     * A subject's figures.
     *
     * @param values one for each column; not a number where nothing was measured
     */
    public record Row(String name, Role role, List<Double> values) {}

    /** @throws IllegalArgumentException if a row has not one value for each column */
    public Table {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
        for (Row row : rows) {
            if (row.values().size() != columns.size()) {
                throw new IllegalArgumentException(row + " does not fit " + columns);
            }
        }
    }

    /** The value in a row and column, both by name. */
    public double value(String row, String column) {
        for (Row each : rows) {
            if (each.name().equals(row)) {
                return each.values().get(columns.indexOf(column));
            }
        }
        throw new IllegalArgumentException("no row " + row + " in " + title);
    }

    /** One sentence for each place where a peer reads better than we do. */
    public List<String> betterPeers() {
        List<String> sentences = new ArrayList<>();
        for (Row ours : rows) {
            for (Row peer : rows) {
                if (ours.role() == Role.OURS && peer.role() == Role.PEER) {
                    compare(ours, peer, sentences);
                }
            }
        }
        return sentences;
    }

    private void compare(Row ours, Row peer, List<String> sentences) {
        for (int i = 0; i < columns.size(); i++) {
            double value = peer.values().get(i);
            double own = ours.values().get(i);
            if (unit.isBetter(value, own) && !unit.write(value).equals(unit.write(own))) {
                sentences.add(String.format(
                        Locale.ROOT,
                        "%s, %s: %s %s, %s %s",
                        title,
                        columns.get(i),
                        peer.name(),
                        unit.write(value),
                        ours.name(),
                        unit.write(own)));
            }
        }
    }
}
