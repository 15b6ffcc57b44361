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
import org.springframework.util.FileSystemUtils;
import redis.embedded.RedisServer;
import redis.embedded.core.ExecutableProvider;

/** A real Redis server of a test's own, with faults: it can be killed, frozen, and started again on the same port. */
public final class TestRedis implements AutoCloseable {

    private final int port = freePort();
    private final Path folder;
    private final List<String> settings;
    private ProcessHandle process;

    private TestRedis(List<String> settings) throws IOException {
        this.settings = settings;
        folder = Files.createTempDirectory("redis");
        launch();
    }

    /** Starts a server that keeps nothing on disk. */
    public static TestRedis start(String... settings) {
        try {
            return new TestRedis(List.of(settings));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void launch() throws IOException {
        // A replica leaves what it was sent, and would begin with it.
        Files.deleteIfExists(folder.resolve("dump.rdb"));
        var builder = RedisServer.newRedisServer()
                .executableProvider(executable())
                .port(port)
                .bind("127.0.0.1")
                .setting("dir " + folder)
                .setting("save \"\"")
                .setting("appendonly no");
        settings.forEach(builder::setting);
        RedisServer server = builder.build();
        server.start();
        RedisClient client = client();
        try (var connection = client.connect()) {
            process = ProcessHandle.of(processId(connection.sync().info("server")))
                    .orElseThrow();
        } catch (RuntimeException e) {
            server.stop();
            throw e;
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
        try {
            launch();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        try {
            FileSystemUtils.deleteRecursively(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
