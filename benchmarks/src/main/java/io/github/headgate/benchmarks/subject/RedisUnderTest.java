package io.github.headgate.benchmarks.subject;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.embedded.RedisServer;

/** The Redis that everything is measured against: one of our own, or the one that {@code REDIS_URL} names. */
public final class RedisUnderTest implements AutoCloseable {

    private static final Pattern CALLS = Pattern.compile(":calls=(\\d+)");
    private static final Pattern MICROS = Pattern.compile(",usec=(\\d+)");

    private final @Nullable RedisServer own;
    private final RedisURI uri;
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;

    private RedisUnderTest(@Nullable RedisServer own, RedisURI uri) {
        this.own = own;
        this.uri = uri;
        this.client = RedisClient.create(uri);
        this.connection = client.connect();
    }

    /**
     * Starts a server that keeps nothing on disk, or connects to the given one.
     *
     * @param givenUrl null or empty: none is given
     * @throws IllegalStateException if the given server is not empty: it is flushed between measurements
     */
    public static RedisUnderTest start(@Nullable String givenUrl) {
        if (givenUrl == null || givenUrl.isBlank()) {
            int port = freePort();
            try {
                RedisServer server = RedisServer.newRedisServer()
                        .port(port)
                        .bind("127.0.0.1")
                        .setting("save \"\"")
                        .setting("appendonly no")
                        .build();
                server.start();
                return new RedisUnderTest(server, at("redis://127.0.0.1:" + port));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        RedisUnderTest given = new RedisUnderTest(null, at(givenUrl));
        if (given.connection.sync().dbsize() > 0) {
            given.close();
            throw new IllegalStateException("the Redis of REDIS_URL is not empty, and would be flushed");
        }
        return given;
    }

    /** A server that is running already. */
    static RedisURI at(String url) {
        RedisURI uri = RedisURI.create(url);
        uri.setTimeout(Duration.ofSeconds(30));
        return uri;
    }

    public String url() {
        return uri.toURI().toString();
    }

    public String version() {
        return infoValue("server", "redis_version:");
    }

    /** Forgets all keys; not while a Headgate is open, which would charge all that it has granted anew. */
    public void flush() {
        connection.sync().flushdb();
    }

    /** Forgets all keys but those by which Headgate knows that the data are still the same. */
    public void forgetCounts() {
        ScanIterator<String> keys = ScanIterator.scan(connection.sync(), ScanArgs.Builder.limit(1_000));
        List<String> counts = new ArrayList<>();
        keys.forEachRemaining(key -> {
            if (!key.contains(Headgate.OF_ITS_OWN)) {
                counts.add(key);
            }
        });
        if (!counts.isEmpty()) {
            connection.sync().unlink(counts.toArray(String[]::new));
        }
    }

    public long memoryUsage(String key) {
        Long bytes = connection.sync().memoryUsage(key);
        if (bytes == null) {
            throw new IllegalStateException("no key " + key);
        }
        return bytes;
    }

    public long keys() {
        return connection.sync().dbsize();
    }

    /** Microseconds that the server has spent in scripts since it started. */
    public long scriptMicros() {
        return scriptCounter(MICROS);
    }

    /** Script calls since the server started. */
    public long scriptCalls() {
        return scriptCounter(CALLS);
    }

    /** Sums a number over the commands that run scripts. */
    private long scriptCounter(Pattern number) {
        return connection
                .sync()
                .info("commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_eval") || line.startsWith("cmdstat_fcall"))
                .map(number::matcher)
                .filter(Matcher::find)
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
    }

    private String infoValue(String section, String name) {
        return connection
                .sync()
                .info(section)
                .lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name))
                .map(line -> line.substring(name.length()).trim())
                .findFirst()
                .orElse("unknown");
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
        if (own != null) {
            try {
                own.stop();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
