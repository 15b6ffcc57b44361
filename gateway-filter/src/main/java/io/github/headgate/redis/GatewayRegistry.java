package io.github.headgate.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
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
    private final String name = UUID.randomUUID().toString();
    /** Makes each marker a new one. */
    private final AtomicLong announcements = new AtomicLong();

    /** @param timeout how long an announcement may take until it counts as failed */
    public GatewayRegistry(RedisLink link, Duration timeout) {
        this.link = link;
        this.timeoutNanos = timeout.toNanos();
    }

    /** This gateway's name, unlike every other one's. */
    public String name() {
        return name;
    }

    /** Announces this gateway; fails when Redis does not answer in time or takes no writes. */
    public CompletableFuture<Roll> announce() {
        RedisClusterAsyncCommands<byte[], byte[]> commands = link.commands();
        if (commands == null) {
            return CompletableFuture.failedFuture(new IllegalStateException("not connected to Redis"));
        }
        byte[][] keys = {link.redisKey(".gateways")};
        CompletableFuture<List<byte[]>> call = commands.<List<byte[]>>eval(
                        SOURCE,
                        ScriptOutputType.MULTI,
                        keys,
                        ascii(name),
                        ascii(Long.toString(ALIVE.toMillis())),
                        ascii(name + '-' + announcements.incrementAndGet()))
                .toCompletableFuture();
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
                })
                .thenApply(this::roll);
    }

    private Roll roll(List<byte[]> answer) {
        List<String> texts = answer.stream()
                .map(text -> new String(text, StandardCharsets.US_ASCII))
                .toList();
        link.clock().told(Long.parseLong(texts.get(0)));
        return new Roll(texts.get(1), texts.subList(2, texts.size()));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * What Redis says of itself and of those who share it.
     *
     * @param marker names the data: another one than before means that what was counted is gone
     * @param alive the names of the gateways that are alive
     */
    public record Roll(String marker, List<String> alive) {}
}
