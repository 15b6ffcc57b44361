package io.github.headgate.redis;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Decision.Granted;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitStore;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.arithmetic.SlotCharge;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.TimerTask;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Counts in Redis, by its clock, one script call a decision.
 *
 * <p>Answers come on the client's event loop, failures also on the timer's thread or, without a connection, on the
 * calling one. A call that failed may have been executed all the same; when its answer comes after all, and is a grant,
 * it is given back, for the caller was told something else by then.
 */
public final class RedisStore implements LimitStore {

    private static final byte[] NOTHING = {};

    private final RedisLink link;
    private final Timer timer;
    private final long timeoutMillis;
    private final @Nullable LongSupplier testMicros;

    /**
     * @param timer measures the timeout; its tick is how late a timeout may be
     * @param timeout how long a call may take until it counts as failed
     */
    public RedisStore(RedisLink link, Timer timer, Duration timeout) {
        this(link, timer, timeout, null);
    }

    /** @param testMicros tells the script the time in a test; null: Redis tells it */
    RedisStore(RedisLink link, Timer timer, Duration timeout, @Nullable LongSupplier testMicros) {
        this.link = link;
        this.timer = timer;
        this.timeoutMillis = timeout.toMillis();
        this.testMicros = testMicros;
    }

    @Override
    public void decide(LimitRequest request, DecisionSink sink) {
        Answer answer = new Answer(request, sink);
        answer.timeout = timer.newTimeout(answer, timeoutMillis, TimeUnit.MILLISECONDS);
        call(request.key().toString(), LimiterScript.decide(request), answer);
    }

    @Override
    public void giveBack(Charge charge) {
        if (charge instanceof SlotCharge spent) {
            // Nobody waits for it: if it is lost, the permits stay charged and come back with their window.
            call(spent.key().toString(), LimiterScript.giveBack(spent), (reply, problem) -> {});
        }
    }

    /**
     * Charges what was granted without Redis, whatever the limits say.
     *
     * @param ageMillis how long ago, at least 0
     */
    public CompletableFuture<Void> charge(LimitRequest request, long ageMillis) {
        return ask(request.key().toString(), LimiterScript.charge(request.rule(), request.permits(), ageMillis))
                .thenAccept(reply -> {});
    }

    @Override
    public Mono<List<LimitUsage>> usage(Key key, Rule rule) {
        return Mono.fromFuture(() ->
                ask(key.toString(), LimiterScript.read(rule)).thenApply(reply -> LimiterScript.usage(reply, 0, rule)));
    }

    /** Forgets the usage of a key here, and tells every gateway that listens to forget it too. */
    @Override
    public Mono<Void> reset(Key key) {
        return Mono.fromFuture(() -> forget(key));
    }

    private CompletableFuture<Void> forget(Key key) {
        RedisClusterAsyncCommands<byte[], byte[]> commands = link.commands();
        if (commands == null) {
            return CompletableFuture.failedFuture(new NotConnectedException());
        }
        byte[] message = key.toString().getBytes(StandardCharsets.UTF_8);
        return commands.del(link.redisKey(key.toString()))
                .thenCompose(deleted -> commands.publish(link.resetChannel(), message))
                .toCompletableFuture()
                .orTimeout(timeoutMillis, TimeUnit.MILLISECONDS)
                .thenAccept(heard -> {});
    }

    /** Completes when Redis has answered a script call in time, and fails otherwise. */
    public CompletableFuture<Void> probe() {
        return ask(".probe", LimiterScript.read(RedisLink.WARM_UP_RULE)).thenAccept(reply -> {});
    }

    private CompletableFuture<byte[]> ask(String key, byte[] arguments) {
        CompletableFuture<byte[]> reply = new CompletableFuture<>();
        Timeout timeout = timer.newTimeout(
                late -> reply.completeExceptionally(new TimeoutException("no answer from Redis in time")),
                timeoutMillis,
                TimeUnit.MILLISECONDS);
        call(key, arguments, (bytes, problem) -> {
            timeout.cancel();
            if (problem == null) {
                reply.complete(bytes);
            } else {
                reply.completeExceptionally(problem);
            }
        });
        return reply;
    }

    private void call(String key, byte[] arguments, BiConsumer<byte[], @Nullable Throwable> target) {
        RedisClusterAsyncCommands<byte[], byte[]> commands = link.commands();
        if (commands == null) {
            target.accept(NOTHING, new NotConnectedException());
            return;
        }
        byte[][] keys = {link.redisKey(key)};
        byte[][] values = testMicros == null
                ? new byte[][] {arguments}
                : new byte[][] {arguments, Long.toString(testMicros.getAsLong()).getBytes(StandardCharsets.US_ASCII)};
        commands.<byte[]>evalsha(link.script().digest(), ScriptOutputType.VALUE, keys, values)
                .whenComplete((reply, problem) -> {
                    if (problem instanceof RedisNoScriptException) {
                        commands.<byte[]>eval(link.script().source(), ScriptOutputType.VALUE, keys, values)
                                .whenComplete(target);
                    } else {
                        target.accept(reply, problem);
                    }
                });
    }

    private static final class NotConnectedException extends RuntimeException {

        private static final long serialVersionUID = 1;

        NotConnectedException() {
            // No stack trace: thrown for each request while Redis is away.
            super("not connected to Redis", null, false, false);
        }
    }

    /** Hands the answer to one question on: the reply, or that there was none in time, whichever comes first. */
    private final class Answer extends AtomicBoolean implements BiConsumer<byte[], @Nullable Throwable>, TimerTask {

        private static final long serialVersionUID = 1;

        private final transient LimitRequest request;
        private final transient DecisionSink sink;
        private transient @Nullable Timeout timeout;

        Answer(LimitRequest request, DecisionSink sink) {
            this.request = request;
            this.sink = sink;
        }

        @Override
        public void accept(byte[] reply, @Nullable Throwable problem) {
            boolean inTime = compareAndSet(false, true);
            if (inTime && timeout != null) {
                timeout.cancel();
            }
            Decision decision;
            try {
                if (problem != null) {
                    if (inTime) {
                        sink.failed(problem);
                    }
                    return;
                }
                decision = LimiterScript.decision(reply, 0, request);
            } catch (IllegalArgumentException malformed) {
                if (inTime) {
                    sink.failed(malformed);
                }
                return;
            }
            if (inTime) {
                sink.decided(decision);
            } else if (decision instanceof Granted late) {
                giveBack(late.charge());
            }
        }

        @Override
        public void run(Timeout expired) {
            if (compareAndSet(false, true)) {
                sink.failed(new TimeoutException("no answer from Redis in " + timeoutMillis + " ms"));
            }
        }
    }
}
