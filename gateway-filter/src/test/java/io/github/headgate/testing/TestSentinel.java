package io.github.headgate.testing;

import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import redis.embedded.RedisSentinel;

/** A Sentinel that watches over a master and its replica, and fails over as soon as the master has gone. */
public final class TestSentinel implements AutoCloseable {

    public static final String MASTER = "main";

    private final TestRedis master;
    private final TestRedis replica;
    private final int port;
    private final RedisSentinel sentinel;

    private TestSentinel(TestRedis master, TestRedis replica, int port, RedisSentinel sentinel) {
        this.master = master;
        this.replica = replica;
        this.port = port;
        this.sentinel = sentinel;
    }

    public static TestSentinel start() {
        List<TestRedis> servers = new ArrayList<>();
        try {
            TestRedis master = TestRedis.start();
            servers.add(master);
            TestRedis replica = TestRedis.start("replicaof 127.0.0.1 " + master.port());
            servers.add(replica);
            int port = TestRedis.freePort();
            RedisSentinel sentinel = RedisSentinel.newRedisSentinel()
                    .executableProvider(TestRedis.executable())
                    .port(port)
                    .bind("127.0.0.1")
                    .masterName(MASTER)
                    .masterPort(master.port())
                    .quorumSize(1)
                    .downAfterMilliseconds(500)
                    .failOverTimeout(2_000)
                    .build();
            sentinel.start();
            return new TestSentinel(master, replica, port, sentinel);
        } catch (IOException | RuntimeException e) {
            servers.forEach(TestRedis::close);
            throw new IllegalStateException("Sentinel and its servers could not be started", e);
        }
    }

    /** As Spring Boot's {@code spring.data.redis.sentinel.nodes} takes it. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    public TestRedis master() {
        return master;
    }

    public TestRedis replica() {
        return replica;
    }

    /** Whether it could fail over. */
    public boolean knowsTheReplica() {
        RedisClient client = RedisClient.create("redis://" + address());
        try (var connection = client.connectSentinel()) {
            return !connection.sync().replicas(MASTER).isEmpty();
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }

    @Override
    public void close() {
        try {
            sentinel.stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            replica.close();
            master.close();
        }
    }
}
