package io.github.headgate.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The gateways that share a Redis: each announces itself there, and hears who else is alive.
 *
 * <p>The call writes, so that only a server that takes writes counts as one that answers.
 */
public final class GatewayRegistry {

    /** How long a gateway that is not heard of any more counts as alive. */
    static final Duration ALIVE = Duration.ofSeconds(3);

    private static final byte[] SOURCE = LimiterScript.load("gateways.lua");

    private final RedisLink link;
    private final long timeoutNanos;
    /** Makes each marker a new one. */
    private final AtomicLong announcements = new AtomicLong();

    /** @param timeout how long an announcement may take until it counts as failed */
    public GatewayRegistry(RedisLink link, Duration timeout) {
        this.link = link;
        this.timeoutNanos = timeout.toNanos();
    }

    /** This gateway's name, unlike every other one's. */
    public String name() {
        return link.name();
    }

    /** Announces this gateway to each server that decides; fails when it does not answer in time or takes no writes. */
    public List<CompletableFuture<Roll>> announce() {
        RedisClusterAsyncCommands<byte[], byte[]> commands = link.commands();
        return commands == null
                ? List.of(CompletableFuture.failedFuture(new IllegalStateException("not connected to Redis")))
                : link.masters().rolls().stream()
                        .map(roll -> announce(commands, roll))
                        .toList();
    }

    private CompletableFuture<Roll> announce(RedisClusterAsyncCommands<byte[], byte[]> commands, String roll) {
        byte[] key = link.redisKey(roll);
        String master = link.masters().idOf(key);
        return announce(commands, key)
                .exceptionallyCompose(failure -> link.masters()
                        .lookAgain()
                        .thenCompose(looked -> master.equals(link.masters().idOf(key))
                                ? CompletableFuture.failedFuture(failure)
                                : announce(commands, key)))
                .thenApply(answer -> heard(roll, key, answer));
    }

    private CompletableFuture<List<byte[]>> announce(RedisClusterAsyncCommands<byte[], byte[]> commands, byte[] key) {
        CompletableFuture<List<byte[]>> call = commands.<List<byte[]>>eval(
                        SOURCE,
                        ScriptOutputType.MULTI,
                        new byte[][] {key},
                        ascii(name()),
                        ascii(Long.toString(ALIVE.toMillis())),
                        ascii(name() + '-' + announcements.incrementAndGet()))
                .toCompletableFuture();
        if (link.masters().areMany()) {
            // Its client has a connection for each node, and one that is silent for long is left to its replica.
            return call.orTimeout(timeoutNanos, TimeUnit.NANOSECONDS);
        }
        return call.whenComplete((answer, failure) -> {
                    // Late or a refusal: it is an answer.
                    if (failure == null || failure instanceof RedisCommandExecutionException) {
                        link.silence().answered();
                    }
                })
                .orTimeout(timeoutNanos, TimeUnit.NANOSECONDS)
                .whenComplete((answer, failure) -> {
                    if (failure instanceof TimeoutException) {
                        link.silence().unanswered();
                    }
                });
    }

    private Roll heard(String roll, byte[] key, List<byte[]> answer) {
        List<String> texts = answer.stream()
                .map(text -> new String(text, StandardCharsets.US_ASCII))
                .toList();
        link.masters().clockAt(key).told(Long.parseLong(texts.get(0)));
        return new Roll(roll, texts.get(1), texts.subList(2, texts.size()));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * What a server says of itself and of those who share it.
     *
     * @param name the key of the roll, which lives there
     * @param marker names the data: another one than before means that what was counted is gone
     * @param alive the names of the gateways that are alive
     */
    public record Roll(String name, String marker, List<String> alive) {}
}
