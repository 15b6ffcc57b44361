package io.github.headgate.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.benchmarks.driver.Effort;
import io.github.headgate.benchmarks.report.Report;
import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.report.Table;
import io.github.headgate.benchmarks.report.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every driver runs, as short as it can; how fast anything is depends on the machine, and is not looked at. */
class BenchmarksTest {

    @Test
    void everyDriverMeasuresAndTheReportListsEveryTarget(@TempDir Path folder) throws Exception {
        Report report = Benchmarks.run(Effort.SMOKE, "the smoke test");
        report.writeTo(folder);

        assertThat(report.results())
                .flatMap(Result::targets)
                .extracting(Target::number)
                .contains(1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(report.results())
                .flatMap(Result::targets)
                .allSatisfy(target -> assertThat(target.measured()).isFinite());
        assertThat(report.results())
                .flatMap(Result::tables)
                .flatMap(Table::rows)
                .isNotEmpty()
                .allSatisfy(
                        row -> assertThat(row.values()).doesNotContain(0.0).doesNotContain(Double.POSITIVE_INFINITY));
        assertThat(folder.resolve("report.md")).content().contains("## Targets", "| 8 |");
        assertThat(Files.readString(folder.resolve("throughput.svg")))
                .startsWith("<svg")
                .endsWith("</svg>\n");
    }
}
