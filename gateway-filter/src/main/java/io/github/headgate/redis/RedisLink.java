package io.github.headgate.redis;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.Delay;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to Redis: opened in the background, warmed up before it is used, closed with the application.
 *
 * <p>Connecting blocks, so it has a thread of its own, which ends when the connection is there; from then on the client
 * reconnects by itself. A connection that is open and yet silent is replaced by another one.
 */
public final class RedisLink implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);

    /** A cold client misses its timeout on many of its first calls; these are spread over all slots of a cluster. */
    private static final int WARM_UP_CALLS = 300;

    static final Rule WARM_UP_RULE = new Rule(1, null, null, null);
    private static final Duration WARM_UP_TIMEOUT = Duration.ofSeconds(5);
    private static final Delay BETWEEN_ATTEMPTS = Delay.fullJitter(10, 1_000, 10, TimeUnit.MILLISECONDS);
    /** Sooner: each attempt is long enough by itself. */
    private static final Delay BETWEEN_REPLACEMENTS = Delay.fullJitter(10, 200, 10, TimeUnit.MILLISECONDS);

    private final AbstractRedisClient client;
    private final String keyPrefix;
    private final String name = UUID.randomUUID().toString();
    private final LimiterScript script = new LimiterScript();
    private final Masters masters;
    private final ScheduledThreadPoolExecutor connecting = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "headgate-redis-connect");
        thread.setDaemon(true);
        return thread;
    });
    private final Silence silence = new Silence(() -> connecting.execute(this::connect));
    private final CompletableFuture<Void> firstAttempt = new CompletableFuture<>();
    private volatile @Nullable Open open;
    private volatile boolean closed;
    private int attempts;
    private Consumer<String> onReset = key -> {};
    private Runnable onRuleChange = () -> {};
    private Runnable onDisconnect = () -> {};

    /**
     * @param client a Lettuce client for a single server, Sentinel or Cluster, not closed by this link
     * @param keyPrefix what every key in Redis starts with: printable ASCII without braces
     */
    public RedisLink(AbstractRedisClient client, String keyPrefix) {
        this.client = client;
        this.keyPrefix = keyPrefix;
        this.masters = new Masters(client, this::redisKey);
        connecting.setKeepAliveTime(1, TimeUnit.SECONDS);
        connecting.allowCoreThreadTimeOut(true);
    }

    /** Sets who hears of keys that other gateways have reset; called with the key's text. Before {@link #start}. */
    public void onReset(Consumer<String> listener) {
        onReset = listener;
    }

    /** Sets who hears that some gateway has changed rules. Before {@link #start}. */
    public void onRuleChange(Runnable listener) {
        onRuleChange = listener;
    }

    /**
     * Sets who hears that the connection has closed or been replaced: the server may have started anew, without its
     * data, or be another one. Not on a Cluster, where no single connection is the one. Before {@link #start}.
     */
    public void onDisconnect(Runnable listener) {
        onDisconnect = listener;
    }

    /**
     * Starts connecting, and waits until the connection is warm or the first attempt has failed.
     *
     * @param atMost the longest to wait for a server that accepts connections but does not answer
     */
    public void start(Duration atMost) {
        connecting.execute(this::connect);
        try {
            firstAttempt.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("Redis is not there yet ({}); it is used as soon as it is", rootMessage(e));
        }
    }

    private void connect() {
        if (closed) {
            return;
        }
        StatefulConnection<byte[], byte[]> connection = null;
        StatefulRedisPubSubConnection<byte[], byte[]> resets = null;
        try {
            connection = openConnection();
            RedisClusterAsyncCommands<byte[], byte[]> commands = commandsOf(connection);
            if (open == null) {
                warmUp(connection, commands);
            }
            resets = subscribe();
            replace(new Open(connection, commands, resets));
            attempts = 0;
            firstAttempt.complete(null);
            if (closed) {
                close();
            }
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            closeQuietly(connection);
            closeQuietly(resets);
            firstAttempt.completeExceptionally(e);
            long pause = (open == null ? BETWEEN_ATTEMPTS : BETWEEN_REPLACEMENTS)
                    .createDelay(++attempts)
                    .toMillis();
            LOG.debug("No connection to Redis, trying again in {} ms", pause, e);
            if (!closed) {
                var unused = masters.lookAgain().thenRun(() -> connectAfter(pause));
            }
        }
    }

    private void connectAfter(long pauseMillis) {
        var unused = connecting.schedule(this::connect, pauseMillis, TimeUnit.MILLISECONDS);
    }

    private void replace(Open fresh) {
        Open before = open;
        if (before != null && !silence.replaced()) {
            LOG.debug("The connection to Redis has spoken again");
            fresh.close();
            return;
        }
        open = fresh;
        if (!masters.areMany()) {
            fresh.connection.addListener(new RedisConnectionStateListener() {
                @Override
                public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
                    if (!closed && fresh.equals(open)) {
                        onDisconnect.run();
                    }
                }
            });
        }
        if (before != null) {
            LOG.info("The connection to Redis was open but silent, and has been replaced");
            if (!masters.areMany()) {
                // The new one may lead to another server.
                onDisconnect.run();
            }
            before.close();
        }
    }

    /** Whether calls are answered, hears whoever asks regularly. */
    Silence silence() {
        return silence;
    }

    private StatefulConnection<byte[], byte[]> openConnection() {
        if (client instanceof RedisClusterClient cluster) {
            return cluster.connect(ByteArrayCodec.INSTANCE);
        }
        StatefulConnection<byte[], byte[]> connection = ((RedisClient) client).connect(ByteArrayCodec.INSTANCE);
        // Whoever waits for a call has a timeout of Headgate's own. The client's would keep each call alive, even
        // answered, for up to a tenth of a second, for the garbage collector to copy.
        connection.setTimeout(Duration.ZERO);
        return connection;
    }

    private static RedisClusterAsyncCommands<byte[], byte[]> commandsOf(StatefulConnection<byte[], byte[]> connection) {
        return connection instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster
                ? cluster.async()
                : ((StatefulRedisConnection<byte[], byte[]>) connection).async();
    }

    /**
     * Loads the script, and calls it often enough for the client's and the server's path to be compiled and connected.
     */
    private void warmUp(
            StatefulConnection<byte[], byte[]> connection, RedisClusterAsyncCommands<byte[], byte[]> commands)
            throws InterruptedException, ExecutionException, TimeoutException {
        await(commands.scriptLoad(script.source()));
        List<byte[]> inquiry = List.of(LimiterScript.inquiry(List.of(LimiterScript.read(WARM_UP_RULE))));
        List<CompletableFuture<?>> calls = new ArrayList<>(WARM_UP_CALLS);
        for (int i = 0; i < WARM_UP_CALLS; i++) {
            // No provider's name begins with a dot.
            ScriptInput input = new ScriptInput(List.of(redisKey(".warm-up-" + i)), inquiry);
            CompletableFuture<Void> call = new CompletableFuture<>();
            ScriptCall.byDigest(script, () -> input).send(connection, (reply, problem) -> {
                if (problem == null) {
                    call.complete(null);
                } else {
                    call.completeExceptionally(problem);
                }
            });
            calls.add(call);
        }
        for (CompletableFuture<?> call : calls) {
            await(call);
        }
    }

    private static void await(Future<?> call) throws InterruptedException, ExecutionException, TimeoutException {
        call.get(WARM_UP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private StatefulRedisPubSubConnection<byte[], byte[]> subscribe()
            throws InterruptedException, ExecutionException, TimeoutException {
        StatefulRedisPubSubConnection<byte[], byte[]> resets = client instanceof RedisClusterClient cluster
                ? cluster.connectPubSub(ByteArrayCodec.INSTANCE)
                : ((RedisClient) client).connectPubSub(ByteArrayCodec.INSTANCE);
        resets.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(byte[] channel, byte[] message) {
                if (Arrays.equals(channel, rulesChannel())) {
                    onRuleChange.run();
                } else {
                    heardOfReset(new String(message, StandardCharsets.UTF_8));
                }
            }
        });
        await(resets.async().subscribe(resetChannel(), rulesChannel()));
        return resets;
    }

    /** Its own are long done: forgotten once more, what was granted since would be lost. */
    private void heardOfReset(String message) {
        int space = message.indexOf(' ');
        if (space > 0 && !message.substring(space + 1).equals(name)) {
            onReset.accept(message.substring(0, space));
        }
    }

    /** What other gateways are told of a key that this one has reset. */
    byte[] resetMessage(Key key) {
        return (key + " " + name).getBytes(StandardCharsets.UTF_8);
    }

    /** This gateway's name, unlike every other one's. */
    String name() {
        return name;
    }

    /** Whether there is a connection that is open. */
    public boolean isOpen() {
        return openNow() != null;
    }

    LimiterScript script() {
        return script;
    }

    Masters masters() {
        return masters;
    }

    /** A connection that is open; null when there is none. */
    @Nullable
    StatefulConnection<byte[], byte[]> connection() {
        Open current = openNow();
        return current == null ? null : current.connection;
    }

    /** The commands of a connection that is open; null when there is none. */
    @Nullable
    RedisClusterAsyncCommands<byte[], byte[]> commands() {
        Open current = openNow();
        return current == null ? null : current.commands;
    }

    private @Nullable Open openNow() {
        Open current = open;
        return current != null && current.connection.isOpen() ? current : null;
    }

    /** The name in Redis of a key; the braces make a cluster keep together what belongs together. */
    byte[] redisKey(String key) {
        return (keyPrefix + ":{" + key + '}').getBytes(StandardCharsets.US_ASCII);
    }

    /** The name of something else that lives with a key. */
    byte[] redisKey(String key, String suffix) {
        return (keyPrefix + ":{" + key + "}:" + suffix).getBytes(StandardCharsets.US_ASCII);
    }

    byte[] resetChannel() {
        return (keyPrefix + ":resets").getBytes(StandardCharsets.US_ASCII);
    }

    byte[] rulesChannel() {
        return (keyPrefix + ":rule-changes").getBytes(StandardCharsets.US_ASCII);
    }

    /** No provider's name begins with a dot. */
    byte[] rulesKey() {
        return redisKey(".rules");
    }

    @Override
    public void close() {
        closed = true;
        connecting.shutdownNow();
        Open current = open;
        if (current != null) {
            current.close();
        }
    }

    private static void closeQuietly(@Nullable StatefulConnection<?, ?> connection) {
        if (connection != null) {
            var unused = connection.closeAsync();
        }
    }

    private static String rootMessage(Throwable problem) {
        Throwable root = problem;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    private record Open(
            StatefulConnection<byte[], byte[]> connection,
            RedisClusterAsyncCommands<byte[], byte[]> commands,
            StatefulRedisPubSubConnection<byte[], byte[]> resets) {

        void close() {
            closeQuietly(resets);
            closeQuietly(connection);
        }
    }
}
