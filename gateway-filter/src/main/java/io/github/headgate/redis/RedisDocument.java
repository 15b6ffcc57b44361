package io.github.headgate.redis;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A small document with a version under one key in Redis; gateways are told of each change. */
public final class RedisDocument {

    /** The key holds the version, a space and the document. */
    private static final byte[] REPLACE = bytes("""
            local stored = redis.call('GET', KEYS[1])
            local version = stored and tonumber(string.match(stored, '^%d+')) or 0
            if version < tonumber(ARGV[1]) or version > tonumber(ARGV[2]) then
              return 0
            end
            redis.call('SET', KEYS[1], ARGV[3] .. ' ' .. ARGV[4])
            redis.call('PUBLISH', ARGV[5], ARGV[3])
            return 1
            """);

    private static final byte[] NOTHING = {};

    private final RedisLink link;
    private final Duration timeout;

    /** @param timeout how long a call may take until it counts as failed; it may have been executed all the same */
    public RedisDocument(RedisLink link, Duration timeout) {
        this.link = link;
        this.timeout = timeout;
    }

    /** Its key in Redis. */
    public String name() {
        return new String(link.rulesKey(), StandardCharsets.US_ASCII);
    }

    /** The document; empty when there is none. */
    public CompletableFuture<byte[]> read() {
        return call(commands -> commands.get(link.rulesKey()).thenApply(RedisDocument::body));
    }

    /**
     * Writes the document if the version there is in a range, and tells every gateway.
     *
     * @param least the lowest version that is replaced, 0 for none
     * @param most the highest version that is replaced, included
     * @return whether it was written
     */
    public CompletableFuture<Boolean> replace(long least, long most, long version, byte[] document) {
        return call(commands -> commands.<Long>eval(
                        REPLACE,
                        ScriptOutputType.INTEGER,
                        new byte[][] {link.rulesKey()},
                        bytes(Long.toString(least)),
                        bytes(Long.toString(most)),
                        bytes(Long.toString(version)),
                        document,
                        link.rulesChannel())
                .thenApply(written -> written == 1));
    }

    private <T> CompletableFuture<T> call(
            Function<RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> call) {
        RedisClusterAsyncCommands<byte[], byte[]> commands = link.commands();
        return commands == null
                ? CompletableFuture.failedFuture(new IllegalStateException("not connected to Redis"))
                : call.apply(commands).toCompletableFuture().orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private static byte[] body(byte @Nullable [] stored) {
        if (stored == null) {
            return NOTHING;
        }
        int space = 0;
        while (space < stored.length && stored[space] != ' ') {
            space++;
        }
        return Arrays.copyOfRange(stored, Math.min(space + 1, stored.length), stored.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
