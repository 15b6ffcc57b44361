package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.testing.TestCluster;
import io.github.headgate.testing.TestRedis;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a Redis that answers but is not trusted yet hears of two gateways with a thousand callers held. */
class OnlyProbesTest {

    private static final Logger LOG = LoggerFactory.getLogger(OnlyProbesTest.class);

    private static final int HELD = 1_000;
    private static final int PROBES = 12;

    private final TestRedis redis = TestRedis.start();
    private final WireMockServer upstream = TestGateway.upstream();
    private final List<TestGateway> gateways = List.of(start(), start());
    private final List<RawConnection> held = new ArrayList<>();

    OnlyProbesTest() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
    }

    private TestGateway start() {
        return TestGateway.start("""
                spring.data.redis.url: %s
                headgate:
                  mode: wait
                  max-wait: 60s
                  redis: { timeout: 2s }
                  providers:
                    openai: { requests-per-minute: 2, burst-capacity: 1 }
                    claude: { requests-per-minute: 100000 }
                """.formatted(redis.url()) + TestGateway.routes(upstream, "openai", "claude"));
    }

    @AfterEach
    void stop() {
        held.forEach(RawConnection::close);
        gateways.forEach(TestGateway::close);
        upstream.stop();
        redis.close();
    }

    @Test
    void aRedisThatIsNotTrustedHearsOnlyProbesAndNoTwoAtOnce() throws IOException {
        for (int i = 0; i < HELD; i++) {
            TestGateway gateway = gateways.get(i % 2);
            gateway.limiter().check("openai", "user-" + i).block();
            RawConnection connection = RawConnection.to(gateway.port());
            connection.get("/openai/waits", "user-" + i);
            held.add(connection);
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> waiting() == HELD);
        // It answers, but takes no writes.
        TestCluster.ask(redis, server -> server.replicaof("127.0.0.1", 1));
        for (TestGateway gateway : gateways) {
            for (int i = 0; i < 10; i++) {
                gateway.get("/claude/chat", "X-User-Id", "any");
            }
            gateway.awaitDecisions("local");
        }

        Map<String, List<Double>> heard = new TreeMap<>();
        int looks = 0;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
            BufferedReader monitor =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            socket.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(monitor.readLine()).isEqualTo("+OK");
            IntStream.range(0, 100)
                    .forEach(i -> gateways.get(i % 2).get("/claude/chat", "X-User-Id", "user-" + i % 20));
            while (heard.values().stream().mapToInt(List::size).sum() < PROBES) {
                String line = monitor.readLine();
                // What a probe does in turn is the script's; and each gateway looks for changed rules now and then.
                if (line.contains("{.rules}")) {
                    looks++;
                } else if (!line.contains(" lua] ")) {
                    assertThat(line).containsIgnoringCase("\"EVAL\"").contains("{.gateways}");
                    heard.computeIfAbsent(
                                    line.substring(line.indexOf('['), line.indexOf(']')), from -> new ArrayList<>())
                            .add(Double.parseDouble(line.substring(1, line.indexOf(' '))));
                }
            }
        }

        assertThat(looks).as("looks for changed rules, however many callers").isLessThan(4 * PROBES);
        assertThat(heard).as("probes of each gateway").hasSize(2);
        List<Double> pauses = new ArrayList<>();
        heard.values().forEach(times -> {
            for (int i = 1; i < times.size(); i++) {
                pauses.add(times.get(i) - times.get(i - 1));
            }
        });
        LOG.info("measured: pauses between probes, {} callers held: {} s", waiting(), pauses);
        double longest = pauses.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        double shortest = pauses.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
        assertThat(longest)
                .as("at most half a second, and what the machine needs")
                .isLessThan(1);
        assertThat(longest).as("jittered").isGreaterThan(2 * shortest);

        TestCluster.ask(redis, server -> server.replicaofNoOne());
        long returned = System.nanoTime();
        gateways.forEach(gateway -> gateway.awaitDecisions("shared"));
        assertThat(Duration.ofNanos(System.nanoTime() - returned)).isLessThan(Duration.ofSeconds(2));
        assertThat(waiting()).as("held all the while").isPositive();
    }

    private int waiting() {
        return gateways.stream()
                .mapToInt(gateway ->
                        gateway.context().getBean(StoreRateLimiter.class).waiting())
                .sum();
    }
}
