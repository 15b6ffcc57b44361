package io.github.headgate.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.benchmarks.report.Table.Role;
import io.github.headgate.benchmarks.report.Table.Row;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void namesEachPlaceWhereAPeerReadsBetter() {
        Table table = new Table(
                "Allocated",
                "",
                Unit.BYTES,
                List.of("granted", "denied"),
                List.of(
                        new Row("Headgate", Role.OURS, List.of(176.004, 160.0)),
                        new Row("peer", Role.PEER, List.of(176.001, 40.0))));

        assertThat(table.betterPeers()).containsExactly("Allocated, denied: peer 40 B, Headgate 160 B");
    }
}
