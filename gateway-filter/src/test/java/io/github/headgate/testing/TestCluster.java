package io.github.headgate.testing;

import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A Redis Cluster of three masters on this machine. */
public final class TestCluster implements AutoCloseable {

    private static final int SLOTS = 16_384;
    private static final int MASTERS = 3;

    private final List<TestRedis> nodes =
            Stream.generate(TestCluster::node).limit(MASTERS).toList();

    private TestCluster() {
        TestRedis first = nodes.get(0);
        for (int i = 0; i < MASTERS; i++) {
            int from = SLOTS * i / MASTERS;
            int to = SLOTS * (i + 1) / MASTERS;
            RedisClient client = nodes.get(i).client();
            try (var connection = client.connect()) {
                connection.sync().clusterAddSlots(IntStream.range(from, to).toArray());
                if (i > 0) {
                    connection.sync().clusterMeet("127.0.0.1", first.port());
                }
            } finally {
                client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
            }
        }
        nodes.forEach(TestCluster::awaitWhole);
    }

    public static TestCluster start() {
        return new TestCluster();
    }

    private static TestRedis node() {
        try {
            Path file = Files.createTempDirectory("cluster").resolve("nodes.conf");
            file.toFile().deleteOnExit();
            return TestRedis.start("cluster-enabled yes", "cluster-config-file " + file, "cluster-node-timeout 2000");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitWhole(TestRedis node) {
        RedisClient client = node.client();
        try (var connection = client.connect()) {
            Instant end = Instant.now().plusSeconds(20);
            while (!connection.sync().clusterInfo().contains("cluster_state:ok")
                    || connection.sync().clusterNodes().lines().count() < MASTERS) {
                if (Instant.now().isAfter(end)) {
                    throw new IllegalStateException(connection.sync().clusterInfo());
                }
                Thread.onSpinWait();
            }
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }

    public List<TestRedis> nodes() {
        return nodes;
    }

    /** As Spring Boot's {@code spring.data.redis.cluster.nodes} takes them. */
    public String addresses() {
        return nodes.stream().map(node -> "127.0.0.1:" + node.port()).collect(Collectors.joining(","));
    }

    @Override
    public void close() {
        nodes.forEach(TestRedis::close);
    }
}
