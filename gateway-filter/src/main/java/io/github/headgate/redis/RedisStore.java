package io.github.headgate.redis;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitStore;
import io.github.headgate.LimitUsage;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import io.github.headgate.arithmetic.SlotCharge;
import io.github.headgate.arithmetic.Spent;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.TimerTask;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Counts in Redis, by its clock. A check is one script call, which checks that come at the same time share; a request
 * that Redis has just denied is told so again for up to a second without a call.
 *
 * <p>Answers come on the client's event loop, failures also on the timer's thread or, without a connection, on the
 * calling one. A call that failed may have been executed all the same; when its answer comes after all, what it granted
 * is given back, for the callers were told something else by then.
 */
public final class RedisStore implements LimitStore {

    private static final Logger LOG = LoggerFactory.getLogger(RedisStore.class);

    /** Calls that many checks are worth: one is on its way while the other is worked on. */
    private static final int MOST_UNDER_WAY = 2;

    private static final int MOST_REMEMBERED = 100_000;
    private static final int TELLINGS_REMEMBERED_MILLIS =
            (int) Duration.ofMinutes(10).toMillis();
    private static final byte[] NOTHING = {};

    private final RedisLink link;
    private final Timer timer;
    private final long timeoutNanos;
    private final @Nullable LongSupplier testMicros;
    private final DenialMemory denials;
    /** Names what is given back: the client writes a call again whose answer the connection has not lived to bring. */
    private final AtomicLong givenBack = new AtomicLong();

    /** No call is written again for longer than it may be executed. */
    private final int givenBackMillis;

    private final Lane lane = new Lane(MOST_UNDER_WAY, this::send);
    /** In a cluster the keys of one call must live in one slot, so each key that is busy has a lane of its own. */
    private final ConcurrentHashMap<Key, Lane> lanes = new ConcurrentHashMap<>();

    private volatile CallListener listener = new CallListener() {
        @Override
        public void answered(long nanos) {}

        @Override
        public void failed(long nanos, Throwable cause) {}
    };

    /**
     * @param timer measures the timeout; its tick is how late a timeout may be
     * @param timeout how long a check may take until it counts as failed
     */
    public RedisStore(RedisLink link, Timer timer, Duration timeout) {
        this(link, timer, timeout, new DenialMemory(MOST_REMEMBERED), null);
    }

    /** @param testMicros tells the script the time in a test; null: Redis tells it */
    RedisStore(RedisLink link, Timer timer, Duration timeout, DenialMemory denials, @Nullable LongSupplier testMicros) {
        this.link = link;
        this.timer = timer;
        this.timeoutNanos = timeout.toNanos();
        this.givenBackMillis = (int) timeout.multipliedBy(2).plusSeconds(2).toMillis();
        this.denials = denials;
        this.testMicros = testMicros;
    }

    /** Sets who hears how calls go. */
    public void listen(CallListener callListener) {
        listener = callListener;
    }

    @Override
    public void decide(LimitRequest request, DecisionSink sink) {
        long now = System.nanoTime();
        Denied known = denials.recall(request, nanosAt(now));
        if (known != null) {
            sink.decided(known, Origin.REMEMBERED);
            return;
        }
        laneOf(request.key()).add(new Check(request, sink, now));
    }

    private Lane laneOf(Key key) {
        return link.masters().areMany() ? lanes.computeIfAbsent(key, busy -> new Lane(1, this::send)) : lane;
    }

    private void send(Lane from, Check oldest) {
        new Call(from, oldest).begin();
    }

    @Override
    public void giveBack(Charge charge) {
        // Nobody waits for it: if it is lost, the permits stay charged and come back with their window.
        var unused = refund(link.name() + "-back-" + givenBack.incrementAndGet(), charge, givenBackMillis);
    }

    /**
     * Charges what was granted without this Redis, or before it lost its data, in one call and whatever the limits say.
     * Told again within ten minutes of being charged, it is not charged again.
     *
     * @param telling names what is told, unlike all else that any gateway tells
     * @param spent all of one key
     * @return what was charged, in order, now or when it was told before
     */
    public CompletableFuture<List<SlotCharge>> charge(String telling, Key key, List<Spent> spent) {
        return tell(
                        telling,
                        key,
                        spent.stream()
                                .map(each -> LimiterScript.charge(each.rule(), each.permits(), each.ageMillis()))
                                .toList(),
                        TELLINGS_REMEMBERED_MILLIS)
                .thenApply(reply -> new Answers(reply).charges(key, spent));
    }

    /**
     * Gives back a charge, and completes when Redis has done it. Told again within ten minutes of that, it takes
     * nothing that others have spent.
     *
     * @param telling names what is told, unlike all else that any gateway tells
     */
    public CompletableFuture<Void> refund(String telling, Charge charge) {
        return refund(telling, charge, TELLINGS_REMEMBERED_MILLIS);
    }

    private CompletableFuture<Void> refund(String telling, Charge charge, int rememberedMillis) {
        if (charge instanceof SlotCharge spent) {
            denials.forget(spent.key());
            return tell(telling, spent.key(), List.of(LimiterScript.giveBack(spent)), rememberedMillis)
                    .thenAccept(reply -> {});
        }
        return CompletableFuture.completedFuture(null);
    }

    private CompletableFuture<byte[]> tell(String telling, Key key, List<byte[]> questions, int rememberedMillis) {
        List<byte[]> keys = new ArrayList<>(questions.size() + 1);
        keys.add(link.redisKey(key.toString(), telling));
        keys.addAll(Collections.nCopies(questions.size(), link.redisKey(key.toString())));
        List<byte[]> told = new ArrayList<>(keys.size());
        told.add(LimiterScript.once(rememberedMillis));
        told.addAll(questions);
        return ask(keys, LimiterScript.inquiry(told));
    }

    @Override
    public Mono<List<LimitUsage>> usage(Key key, Rule rule) {
        return Mono.fromFuture(
                () -> ask(key.toString(), LimiterScript.read(rule)).thenApply(reply -> new Answers(reply).usage(rule)));
    }

    /** Forgets the usage of a key here, and tells every other gateway that listens to forget it too. */
    @Override
    public Mono<Void> reset(Key key) {
        return Mono.fromFuture(() -> delete(key));
    }

    private CompletableFuture<Void> delete(Key key) {
        RedisClusterAsyncCommands<byte[], byte[]> commands = link.commands();
        if (commands == null) {
            return CompletableFuture.failedFuture(new NotConnectedException());
        }
        return commands.del(link.redisKey(key.toString()))
                .thenCompose(deleted -> commands.publish(link.resetChannel(), link.resetMessage(key)))
                .toCompletableFuture()
                .orTimeout(timeoutNanos, TimeUnit.NANOSECONDS)
                .thenAccept(heard -> forget(key));
    }

    /** Whether one server decides about a key, and is the one that holds that roll of gateways. */
    public boolean livesWith(Key key, String roll) {
        return link.masters().holdsBoth(link.redisKey(key.toString()), link.redisKey(roll));
    }

    /** Whether several servers decide, each about keys of its own. */
    public boolean isCluster() {
        return link.masters().areMany();
    }

    /** Forgets what is remembered of a key, because some gateway has reset it. */
    public void forget(Key key) {
        denials.forget(key);
    }

    private CompletableFuture<byte[]> ask(String key, byte[] question) {
        return ask(List.of(link.redisKey(key)), LimiterScript.inquiry(List.of(question)));
    }

    private CompletableFuture<byte[]> ask(List<byte[]> keys, byte[] inquiry) {
        CompletableFuture<byte[]> reply = new CompletableFuture<>();
        Timeout timeout = timer.newTimeout(
                late -> reply.completeExceptionally(new TimeoutException("no answer from Redis in time")),
                timeoutNanos,
                TimeUnit.NANOSECONDS);
        ask(keys, inquiry, timeoutNanos, (bytes, problem) -> {
            timeout.cancel();
            if (problem == null) {
                reply.complete(bytes);
            } else {
                reply.completeExceptionally(problem);
            }
        });
        return reply;
    }

    private void ask(
            List<byte[]> keys, byte[] inquiry, long nanosLeft, BiConsumer<byte[], @Nullable Throwable> target) {
        ScriptInput input = input(keys, inquiry, nanosLeft);
        ask(() -> input, target);
    }

    private void ask(Supplier<ScriptInput> input, BiConsumer<byte[], @Nullable Throwable> target) {
        StatefulConnection<byte[], byte[]> connection = link.connection();
        if (connection == null) {
            target.accept(NOTHING, new NotConnectedException());
            return;
        }
        ScriptCall.byDigest(link.script(), input).send(connection, (reply, problem) -> {
            if (problem instanceof RedisNoScriptException) {
                ScriptCall.bySource(link.script(), input)
                        .send(connection, (late, failure) -> answered(input, late, failure, target));
            } else {
                answered(input, reply, problem, target);
            }
        });
    }

    private void answered(
            Supplier<ScriptInput> input,
            byte[] reply,
            @Nullable Throwable problem,
            BiConsumer<byte[], @Nullable Throwable> target) {
        if (problem == null && Answers.isTooLate(reply)) {
            // It has changed nothing; what time it is there may have to be learnt anew.
            link.masters().clockAt(input.get().keys().get(0)).told(Answers.redisMillis(reply));
            target.accept(NOTHING, new TooLateException());
        } else {
            target.accept(reply, problem);
        }
    }

    /** @param keys at least one */
    private ScriptInput input(List<byte[]> keys, byte[] inquiry, long nanosLeft) {
        LimiterScript.deadline(inquiry, link.masters().clockAt(keys.get(0)).deadline(nanosLeft));
        return new ScriptInput(keys, arguments(inquiry));
    }

    /** What is asked, and in a test the time. */
    private List<byte[]> arguments(byte[] inquiry) {
        LongSupplier micros = testMicros;
        return micros == null
                ? List.of(inquiry)
                : List.of(inquiry, Long.toString(micros.getAsLong()).getBytes(StandardCharsets.US_ASCII));
    }

    /** An instant of {@link System#nanoTime}; in a test the time that the script is told. */
    private long nanosAt(long systemNanos) {
        return testMicros == null ? systemNanos : testMicros.getAsLong() / 1_000 * 1_000_000;
    }

    private static final class TooLateException extends RuntimeException {

        private static final long serialVersionUID = 1;

        TooLateException() {
            super("the call came to Redis after its deadline", null, false, false);
        }
    }

    private static final class NotConnectedException extends RuntimeException {

        private static final long serialVersionUID = 1;

        NotConnectedException() {
            // No stack trace: thrown for each request while Redis is away.
            super("not connected to Redis", null, false, false);
        }
    }

    /**
     * One script call for some checks of a lane; tells each its decision, or that there was none in time, whichever
     * comes first.
     */
    private final class Call implements Supplier<ScriptInput>, BiConsumer<byte[], @Nullable Throwable> {

        private final Lane lane;
        private final Check oldest;
        private final Untold untold = new Untold(this);
        private volatile @Nullable Timeout timeout;
        private @Nullable List<Check> checks;
        private @Nullable Written written;
        /** When it was written; until then, when its oldest check was asked. */
        private volatile long sentNanos;

        Call(Lane lane, Check oldest) {
            this.lane = lane;
            this.oldest = oldest;
            this.sentNanos = oldest.askedNanos();
        }

        void begin() {
            failAfter(nanosLeft(oldest));
            ask(this, this);
        }

        private void failAfter(long nanos) {
            timeout = timer.newTimeout(untold, Math.max(0, nanos), TimeUnit.NANOSECONDS);
        }

        /** No caller waits longer than the timeout, gathered or not. */
        private long nanosLeft(Check check) {
            return timeoutNanos - (System.nanoTime() - check.askedNanos());
        }

        /** Whom the call is for, settled when it is written, or else when it has failed. */
        private synchronized List<Check> checks() {
            List<Check> known = checks;
            if (known == null) {
                known = lane.take();
                checks = known;
            }
            return known;
        }

        @Override
        public ScriptInput get() {
            return written().input;
        }

        private synchronized Written written() {
            Written known = written;
            if (known == null) {
                known = write(checks());
                written = known;
            }
            return known;
        }

        private Written write(List<Check> asked) {
            long now = System.nanoTime();
            sentNanos = now;
            Questions questions = Questions.of(asked);
            ScriptInput input = asked.isEmpty()
                    ? new ScriptInput(List.of(), arguments(LimiterScript.inquiry(List.of())))
                    : input(questions.keys(link), questions.inquiry(), nanosLeft(asked.get(0)));
            return new Written(questions, input, nanosAt(now));
        }

        @Override
        public void accept(byte[] reply, @Nullable Throwable problem) {
            if (problem != null) {
                fail(problem);
                return;
            }
            Decision[] decisions;
            try {
                decisions = written().questions.decisions(reply);
            } catch (IllegalArgumentException malformed) {
                fail(malformed);
                return;
            }
            if (untold.claim()) {
                try {
                    // First, for the time of those who gather to run, however long these callers keep the event loop.
                    arrived();
                    listener.answered(System.nanoTime() - sentNanos);
                } catch (Throwable e) {
                    LOG.error("That a call was answered could not be handed on", e);
                }
                tell(decisions);
            } else {
                giveBack(decisions);
            }
        }

        private void tell(Decision[] decisions) {
            Written asked = written();
            long toldNanos = nanosAt(System.nanoTime());
            for (int i = 0; i < decisions.length; i++) {
                Check check = asked.questions.check(i);
                try {
                    if (decisions[i] instanceof Denied denied) {
                        denials.remember(check.request(), denied, asked.nanos, toldNanos);
                    }
                    check.sink().decided(decisions[i], Origin.SHARED);
                } catch (Throwable e) {
                    LOG.error("A decision could not be handed on", e);
                    tell(check, e);
                }
            }
        }

        /** The others are told, whatever comes of it. */
        private void tell(Check check, Throwable failure) {
            try {
                check.sink().failed(failure);
            } catch (Throwable e) {
                LOG.error("The failure of a check could not be handed on", e);
            }
        }

        private void giveBack(Decision[] late) {
            for (Decision decision : late) {
                if (decision instanceof Granted granted) {
                    RedisStore.this.giveBack(granted.charge());
                }
            }
        }

        /** The check that was oldest may have gone with another call, and the first of this one has some time left. */
        private void late() {
            List<Check> asked = checks();
            long left = asked.isEmpty() ? 0 : nanosLeft(asked.get(0));
            if (left > 0) {
                failAfter(left);
            } else {
                fail(new TimeoutException("no answer from Redis in time"));
            }
        }

        private void fail(Throwable cause) {
            if (untold.claim()) {
                try {
                    arrived();
                    listener.failed(System.nanoTime() - sentNanos, cause);
                } catch (Throwable e) {
                    LOG.error("That a call failed could not be handed on", e);
                }
                checks().forEach(check -> tell(check, cause));
            }
        }

        private void arrived() {
            Timeout running = timeout;
            if (running != null) {
                running.cancel();
            }
            lane.arrived(checks().size());
            if (lane != RedisStore.this.lane && lane.isIdle()) {
                // A check that is just being added goes by the removed lane, and is as well off there.
                lanes.remove(oldest.request().key(), lane);
            }
        }
    }

    /** What a call asks, and when it was written, in a test by the test's clock. */
    private record Written(Questions questions, ScriptInput input, long nanos) {}

    /**
     * A call whose checks have been told nothing yet. Whoever claims it tells them. A timer keeps what it is given for
     * up to a tick after it was cancelled; from this nothing of the call can be reached by then.
     */
    private static final class Untold extends AtomicReference<@Nullable Call> implements TimerTask {

        private static final long serialVersionUID = 1;

        Untold(Call call) {
            super(call);
        }

        boolean claim() {
            return getAndSet(null) != null;
        }

        @Override
        public void run(Timeout expired) {
            Call late = get();
            if (late != null) {
                late.late();
            }
        }
    }
}
