package io.github.headgate.testing;

import io.lettuce.core.MigrateArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A Redis Cluster of three masters on this machine, with or without a replica of each. */
public final class TestCluster implements AutoCloseable {

    private static final int SLOTS = 16_384;
    private static final int MASTERS = 3;
    private static final int MIGRATE_MILLIS = 5_000;

    private final String[] settings;
    private final List<TestRedis> nodes = new ArrayList<>();
    private final List<TestRedis> replicas = new ArrayList<>();

    private TestCluster(String... more) {
        settings = Stream.concat(Stream.of("cluster-enabled yes", "cluster-node-timeout 2000"), Stream.of(more))
                .toArray(String[]::new);
    }

    /** Starts one whose nodes have these settings besides those of a Cluster. */
    public static TestCluster start(String... settings) {
        return start(new TestCluster(settings), it -> {});
    }

    public static TestCluster startWithReplicas() {
        return start(new TestCluster(), it -> it.nodes.forEach(it::replicate));
    }

    private static TestCluster start(TestCluster cluster, Consumer<TestCluster> more) {
        try {
            cluster.form();
            more.accept(cluster);
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    private void form() {
        for (int i = 0; i < MASTERS; i++) {
            nodes.add(node());
        }
        for (int i = 0; i < MASTERS; i++) {
            int from = SLOTS * i / MASTERS;
            int to = SLOTS * (i + 1) / MASTERS;
            ask(
                    nodes.get(i),
                    node -> node.clusterAddSlots(IntStream.range(from, to).toArray()));
            if (i > 0) {
                meet(nodes.get(i));
            }
        }
        nodes.forEach(node -> await(node, TestCluster::isWhole));
    }

    private void replicate(TestRedis master) {
        TestRedis replica = node();
        replicas.add(replica);
        meet(replica);
        String id = ask(master, RedisCommands::clusterMyId);
        await(replica, node -> node.clusterNodes().contains(id));
        ask(replica, node -> node.clusterReplicate(id));
        await(replica, node -> node.info("replication").contains("master_link_status:up"));
    }

    private void meet(TestRedis node) {
        ask(node, it -> it.clusterMeet("127.0.0.1", nodes.get(0).port()));
    }

    private TestRedis node() {
        return TestRedis.start(settings);
    }

    /** What a node answers. */
    public static <T> T ask(TestRedis node, Function<RedisCommands<String, String>, T> question) {
        RedisClient client = node.client();
        try (var connection = client.connect()) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }

    private static void await(TestRedis node, Predicate<RedisCommands<String, String>> condition) {
        ask(node, commands -> {
            Instant end = Instant.now().plusSeconds(30);
            while (!condition.test(commands)) {
                if (Instant.now().isAfter(end)) {
                    throw new IllegalStateException(commands.clusterInfo() + commands.clusterNodes());
                }
                Thread.onSpinWait();
            }
            return true;
        });
    }

    private static boolean isWhole(RedisCommands<String, String> node) {
        return node.clusterInfo().contains("cluster_state:ok")
                && node.clusterNodes().lines().count() >= MASTERS;
    }

    /** Returns when a node finds that every slot is served. */
    public void awaitWhole(TestRedis node) {
        await(node, TestCluster::isWhole);
    }

    /** Returns when a replica has been promoted, and another node knows. */
    public void awaitPromotion(TestRedis replica, TestRedis other) {
        await(replica, node -> node.info("replication").contains("role:master"));
        String id = ask(replica, RedisCommands::clusterMyId);
        await(
                other,
                node -> isWhole(node)
                        && node.clusterNodes()
                                .lines()
                                .anyMatch(line -> line.startsWith(id) && line.contains("master")));
    }

    /** The masters, as they were at first. */
    public List<TestRedis> nodes() {
        return nodes;
    }

    /** The one that holds a key's slot, as long as none was moved. */
    public TestRedis masterOf(String key) {
        return nodes.get(IntStream.range(0, MASTERS)
                .filter(i -> SlotHash.getSlot(key) < SLOTS * (i + 1) / MASTERS)
                .findFirst()
                .orElseThrow());
    }

    public TestRedis replicaOf(TestRedis master) {
        return replicas.get(nodes.indexOf(master));
    }

    /**
     * Moves a key's slot to the next master.
     *
     * @param meanwhile what happens while both know that the slot is being moved, and its keys have gone already
     */
    public void move(String key, Runnable meanwhile) {
        int slot = SlotHash.getSlot(key);
        TestRedis source = masterOf(key);
        TestRedis target = nodes.get((nodes.indexOf(source) + 1) % MASTERS);
        String from = ask(source, RedisCommands::clusterMyId);
        String to = ask(target, RedisCommands::clusterMyId);
        ask(target, node -> node.clusterSetSlotImporting(slot, from));
        ask(source, node -> {
            node.clusterSetSlotMigrating(slot, to);
            List<String> keys = node.clusterGetKeysInSlot(slot, 1_000);
            return keys.isEmpty()
                    ? "NOKEY"
                    : node.migrate("127.0.0.1", target.port(), 0, MIGRATE_MILLIS, MigrateArgs.Builder.keys(keys));
        });
        meanwhile.run();
        ask(target, node -> node.clusterSetSlotNode(slot, to));
        ask(source, node -> node.clusterSetSlotNode(slot, to));
    }

    /** As Spring Boot's {@code spring.data.redis.cluster.nodes} takes them. */
    public String addresses() {
        return nodes.stream().map(node -> "127.0.0.1:" + node.port()).collect(Collectors.joining(","));
    }

    @Override
    public void close() {
        replicas.forEach(TestRedis::close);
        nodes.forEach(TestRedis::close);
    }
}
