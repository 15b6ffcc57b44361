package io.github.headgate.testing;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import redis.embedded.RedisServer;
import redis.embedded.core.ExecutableProvider;

/** A real Redis server of a test's own, with faults: it can be killed, frozen, and started again on the same port. */
public final class TestRedis implements AutoCloseable {

    private final int port = freePort();
    private final List<String> settings;
    private ProcessHandle process;

    private TestRedis(List<String> settings) {
        this.settings = settings;
        launch();
    }

    /** Starts a server that keeps nothing on disk. */
    public static TestRedis start(String... settings) {
        return new TestRedis(List.of(settings));
    }

    private void launch() {
        try {
            // Else it would begin with what a replica before it was sent, and has left beside the executable.
            Path own = Files.createTempDirectory("redis-data");
            own.toFile().deleteOnExit();
            var builder = RedisServer.newRedisServer()
                    .executableProvider(executable())
                    .port(port)
                    .bind("127.0.0.1")
                    .setting("dir " + own)
                    .setting("save \"\"")
                    .setting("appendonly no");
            settings.forEach(builder::setting);
            builder.build().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        RedisClient client = client();
        try (var connection = client.connect()) {
            process = ProcessHandle.of(processId(connection.sync().info("server")))
                    .orElseThrow();
        } finally {
            client.shutdown();
        }
    }

    /** The one that comes with the build, or what {@code -Dembedded.redis.executable} names. */
    static ExecutableProvider executable() {
        return System.getProperty(ExecutableProvider.PROPERTY_EXECUTABLE_LOCATION) == null
                ? ExecutableProvider.newJarResourceProvider()
                : ExecutableProvider.newSystemPropertyProvider();
    }

    private static long processId(String info) {
        return info.lines()
                .filter(line -> line.startsWith("process_id:"))
                .mapToLong(line ->
                        Long.parseLong(line.substring("process_id:".length()).trim()))
                .findFirst()
                .orElseThrow();
    }

    public int port() {
        return port;
    }

    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    public RedisURI uri() {
        return RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(port)
                .withTimeout(Duration.ofSeconds(10))
                .build();
    }

    /** A client of the caller's own, to look into the server with. */
    public RedisClient client() {
        return RedisClient.create(uri());
    }

    /** Ends the process at once, as {@code kill -9} does. */
    public void kill() {
        process.destroyForcibly();
        process.onExit().orTimeout(5, TimeUnit.SECONDS).join();
    }

    /** Starts again, empty, on the same port. */
    public void restart() {
        launch();
    }

    /** Stops the process where it stands: connections stay open, nothing is answered. */
    public void freeze() {
        signal("STOP");
    }

    public void thaw() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            int exit = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (exit != 0) {
                throw new IllegalStateException("kill -" + name + " answered " + exit);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }

    /** A port that is free now, and low enough for a cluster's bus, whose own is 10,000 above. */
    public static int freePort() {
        while (true) {
            try (ServerSocket socket = new ServerSocket(0)) {
                if (socket.getLocalPort() < 55_000) {
                    return socket.getLocalPort();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
