package io.github.headgate.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All results of a run, written as Markdown with a chart beside it. */
public final class Report {

    private final Machine machine;
    private final String command;
    private final List<Result> results = new ArrayList<>();

    /** @param command what repeats the run */
    public Report(Machine machine, String command) {
        this.machine = machine;
        this.command = command;
    }

    public void add(Result result) {
        results.add(result);
    }

    public List<Result> results() {
        return List.copyOf(results);
    }

    /**
     * Writes {@code report.md}, and {@code throughput.svg} of the first table.
     *
     * @param folder made if it is not there
     */
    public void writeTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("report.md"), markdown());
        Files.writeString(
                folder.resolve("throughput.svg"),
                BarChart.of(results.get(0).tables().get(0), machine.toString()));
    }

    String markdown() {
        StringBuilder text = new StringBuilder("# Headgate benchmarks\n\n")
                .append(machine)
                .append(".\n\n`")
                .append(command)
                .append("`\n\n![throughput](throughput.svg)\n\n## Targets\n\n")
                .append("| | target | | measured | reached |\n|---|---|---|---|---|\n");
        results.stream()
                .flatMap(result -> result.targets().stream())
                .sorted((a, b) -> Integer.compare(a.number(), b.number()))
                .forEach(target -> append(text, target));
        text.append("\n## Where a peer is better\n\n");
        List<String> sentences = results.stream()
                .flatMap(result -> result.tables().stream())
                .flatMap(table -> table.betterPeers().stream())
                .toList();
        if (sentences.isEmpty()) {
            text.append("Nowhere in this run.\n");
        }
        sentences.forEach(sentence -> text.append("- ").append(sentence).append('\n'));
        results.stream().flatMap(result -> result.tables().stream()).forEach(table -> append(text, table));
        return text.toString();
    }

    private static void append(StringBuilder text, Target target) {
        text.append(String.format(
                "| %d | %s | %s %s | %s | %s |%n",
                target.number(),
                target.claim(),
                target.bound(),
                target.unit().write(target.bound().edge()),
                target.unit().write(target.measured()),
                target.isReached() ? "yes" : "**no**"));
    }

    private static void append(StringBuilder text, Table table) {
        text.append("\n## ")
                .append(table.title())
                .append("\n\n")
                .append(table.note())
                .append("\n\n| | ")
                .append(String.join(" | ", table.columns()))
                .append(" |\n|---|")
                .append("---:|".repeat(table.columns().size()))
                .append('\n');
        for (Table.Row row : table.rows()) {
            text.append("| ").append(row.name());
            row.values().forEach(value -> text.append(" | ").append(table.unit().write(value)));
            text.append(" |\n");
        }
    }
}
