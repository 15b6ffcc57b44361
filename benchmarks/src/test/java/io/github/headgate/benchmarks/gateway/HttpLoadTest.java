package io.github.headgate.benchmarks.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The load generator against the upstream itself. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpLoadTest {

    private final ChildJvm upstream = ChildJvm.start(Upstream.class);
    private final HttpLoad load = load(upstream.port());

    private static HttpLoad load(int port) {
        try {
            return new HttpLoad(port);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterAll
    void stop() {
        load.close();
        upstream.close();
    }

    @Test
    void everyRequestThatIsDueAfterTheLeadInIsCounted() throws InterruptedException {
        Histogram latencies = load.openLoop("/any", 3_200, Duration.ofMillis(100), Duration.ofMillis(500));

        assertThat(latencies.getTotalCount()).isEqualTo(1_600);
        assertThat(latencies.getMinValue()).isPositive();
    }
}
