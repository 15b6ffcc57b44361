package io.github.headgate.runtime;

import io.github.headgate.redis.RedisDocument;
import io.github.headgate.rules.RuntimeRules;
import io.lettuce.core.RedisCommandExecutionException;
import io.netty.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps run-time rules in Redis, and the last known ones in this process.
 *
 * <p>The highest version wins: a gateway adopts a higher one that it reads, and writes its own where Redis has a lower
 * one or none. It reads when a message says so, and every 400 ms to 800 ms for the messages that it missed.
 */
public final class SharedRuleStore implements RuleStore, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SharedRuleStore.class);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final long LEAST_PAUSE_MILLIS = 400;
    private static final long MOST_PAUSE_MILLIS = 800;

    /** How long a change is tried again when others were first. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long MOST_MILLIS_BEFORE_ANOTHER_ATTEMPT = 50;

    private final RedisDocument document;
    private final Timer timer;
    private final Known known = new Known();
    private final AtomicBoolean unreadable = new AtomicBoolean();
    private volatile boolean closed;

    /** @param timer starts the periodic reads */
    public SharedRuleStore(RedisDocument document, Timer timer) {
        this.document = document;
        this.timer = timer;
    }

    /** Reads what there is, waiting at most as long as a call may take, and again and again from now on. */
    public void start() {
        refresh().join();
        schedule();
    }

    @Override
    public void close() {
        closed = true;
    }

    private void schedule() {
        long pause = ThreadLocalRandom.current().nextLong(LEAST_PAUSE_MILLIS, MOST_PAUSE_MILLIS);
        if (!closed) {
            timer.newTimeout(
                    due -> {
                        var unused = refresh().thenRun(this::schedule);
                    },
                    pause,
                    TimeUnit.MILLISECONDS);
        }
    }

    /** Starts reading what some gateway has changed, and returns at once. */
    public void changedElsewhere() {
        var unused = refresh();
    }

    /** Brings this gateway and Redis to the higher version of the two; completes in any case. */
    private CompletableFuture<Void> refresh() {
        return stored().handle((rules, problem) -> {
            note(problem);
            return null;
        });
    }

    /** A Redis that does not answer is reported elsewhere; what it answers and nobody can read is not. */
    private void note(@Nullable Throwable problem) {
        Throwable cause = problem instanceof CompletionException ? problem.getCause() : problem;
        // What the document holds names users, and so does the message of whoever fails to read it.
        String answer = cause instanceof JacksonException
                ? "it is no document of rules"
                : cause instanceof RedisCommandExecutionException ? cause.getMessage() : null;
        if (answer != null && unreadable.compareAndSet(false, true)) {
            LOG.warn(
                    "Rules set at run time cannot be read from Redis under \"{}\": {}; the last known ones stay in force,"
                            + " and none can be changed",
                    document.name(),
                    answer);
        } else if (problem != null) {
            LOG.debug("Rules set at run time could not be read; the last known ones stay", problem);
        } else {
            unreadable.set(false);
        }
    }

    /** What Redis has, after it was given what this gateway has, if that is newer. */
    private CompletableFuture<RuntimeRules> stored() {
        return document.read().thenCompose(bytes -> {
            RuntimeRules read = bytes.length == 0 ? RuntimeRules.NONE : JSON.readValue(bytes, RuntimeRules.class);
            RuntimeRules mine = known.rules();
            if (read.version() < mine.version()) {
                return document.replace(0, mine.version() - 1, mine.version(), JSON.writeValueAsBytes(mine))
                        .thenApply(written -> mine);
            }
            known.adopt(read);
            return CompletableFuture.completedFuture(read);
        });
    }

    @Override
    public String place() {
        return "redis";
    }

    @Override
    public RuntimeRules current() {
        return known.rules();
    }

    @Override
    public void listen(Consumer<RuntimeRules> listener) {
        known.listen(listener);
    }

    @Override
    public Mono<EditOutcome> edit(RuleEdit edit) {
        return Mono.fromFuture(() -> attempt(edit, System.nanoTime() + PATIENCE_NANOS))
                .onErrorMap(RulesUnavailableException::new);
    }

    private CompletableFuture<EditOutcome> attempt(RuleEdit edit, long untilNanos) {
        return stored().thenCompose(before -> {
            EditOutcome obstacle = edit.obstacle(before);
            if (obstacle != null) {
                return CompletableFuture.completedFuture(obstacle);
            }
            RuntimeRules after = edit.apply(before);
            return document.replace(before.version(), before.version(), after.version(), JSON.writeValueAsBytes(after))
                    .thenCompose(written -> {
                        if (written) {
                            known.adopt(after);
                            return CompletableFuture.completedFuture(new EditOutcome.Made(after));
                        }
                        return again(edit, untilNanos);
                    });
        });
    }

    /** Somebody else was first; whether this still fits is seen on what he made. Many do not clash in step forever. */
    private CompletableFuture<EditOutcome> again(RuleEdit edit, long untilNanos) {
        if (System.nanoTime() - untilNanos > 0) {
            return CompletableFuture.failedFuture(new IllegalStateException("others change the rules all the time"));
        }
        CompletableFuture<Void> pause = new CompletableFuture<>();
        timer.newTimeout(
                due -> pause.complete(null),
                ThreadLocalRandom.current().nextLong(MOST_MILLIS_BEFORE_ANOTHER_ATTEMPT),
                TimeUnit.MILLISECONDS);
        return pause.thenCompose(over -> attempt(edit, untilNanos));
    }
}
