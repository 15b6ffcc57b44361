package io.github.headgate.benchmarks.gateway;

import io.github.headgate.benchmarks.subject.HeadgateFilter;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Many users who ask one path or another over few connections: as fast as answers come, or at a fixed rate. */
final class HttpLoad implements AutoCloseable {

    private static final int CONNECTIONS = 32;
    private static final int USERS = 1_000;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** Its timer is good for some microseconds, that of Java's own selector for a millisecond. */
    private static final boolean EPOLL = Epoll.isAvailable();

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    private final List<HttpConnection> connections = new ArrayList<>();
    private final Map<String, byte[][]> requests = new HashMap<>();

    /** Connects; all paths are asked for over the same connections. */
    HttpLoad(int port) throws InterruptedException {
        for (int i = 0; i < CONNECTIONS; i++) {
            HttpConnection connection = new HttpConnection();
            connections.add(connection);
            new Bootstrap()
                    .group(loop)
                    .channel(EPOLL ? EpollSocketChannel.class : NioSocketChannel.class)
                    .handler(connection)
                    .connect("127.0.0.1", port)
                    .sync();
        }
    }

    /** Answers per second when each connection asks again as soon as it has its answer. */
    double closedLoop(String path, Duration time) throws InterruptedException {
        Run run = new Run(path, 0);
        long took = run.during(Duration.ZERO, time);
        return run.latencies.getTotalCount() * 1e9 / took;
    }

    /**
     * Latencies, in nanoseconds, of requests that come at a fixed rate; each counted from when it was due, though its
     * connection may have been busy then.
     *
     * @param leadIn how long they come before the first is counted: those that find everything asleep and in nobody's
     *     cache are not what the rate costs
     * @param time how long requests are counted
     */
    Histogram openLoop(String path, double perSecond, Duration leadIn, Duration time) throws InterruptedException {
        Run run = new Run(path, (long) (CONNECTIONS * 1e9 / perSecond));
        run.during(leadIn, time);
        return run.latencies;
    }

    private static byte[][] requests(String path) {
        byte[][] requests = new byte[USERS][];
        for (int i = 0; i < USERS; i++) {
            requests[i] = ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + HeadgateFilter.USER_HEADER + ": user-"
                            + i + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
        }
        return requests;
    }

    @Override
    public void close() {
        var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    /** One use of the connections. All but the waiting happens on one event loop. */
    private final class Run {

        private final String path;
        private final byte[][] asked;
        private final long gapNanos;
        private final Histogram latencies = new Histogram(LONGEST_NANOS, 3);
        private final CountDownLatch open = new CountDownLatch(CONNECTIONS);
        private final List<Turn> turns = connections.stream().map(Turn::new).toList();
        private long countedFrom;
        private volatile boolean stopped;
        private volatile @Nullable Throwable failure;

        /** @param gapNanos between two requests of one connection; 0: none */
        Run(String path, long gapNanos) {
            this.path = path;
            asked = requests.computeIfAbsent(path, HttpLoad::requests);
            this.gapNanos = gapNanos;
        }

        /** Returns the nanoseconds until the last answer. */
        long during(Duration leadIn, Duration counted) throws InterruptedException {
            Duration time = leadIn.plus(counted);
            long start = System.nanoTime();
            countedFrom = start + leadIn.toNanos();
            for (int i = 0; i < CONNECTIONS; i++) {
                turns.get(i).due = start + i * gapNanos / CONNECTIONS;
            }
            if (gapNanos == 0) {
                loop.execute(() -> turns.forEach(Turn::begin));
                TimeUnit.NANOSECONDS.sleep(time.toNanos());
            } else {
                Pace pace = new Pace(start, start + time.toNanos());
                loop.execute(pace);
                if (!pace.over.await(time.toNanos() + PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
                    throw new IllegalStateException("requests for " + path + " could not be sent in time");
                }
            }
            stopped = true;
            loop.execute(() -> turns.forEach(Turn::endIfIdle));
            boolean ended = open.await(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
            if (failure != null) {
                throw new IllegalStateException("a request for " + path + " failed", failure);
            }
            if (!ended) {
                throw new IllegalStateException(
                        "requests for " + path + " had no answer " + TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS)
                                + " s after the last was sent: " + open.getCount() + " of " + CONNECTIONS);
            }
            return System.nanoTime() - start;
        }

        /**
         * Begins each request when it is due. On the event loop itself: a thread beside it would be woken for each
         * request, and would wake the loop.
         */
        private final class Pace implements Runnable {

            private final CountDownLatch over = new CountDownLatch(1);
            private final long end;
            private long due;
            private int next;

            Pace(long start, long end) {
                this.due = start;
                this.end = end;
            }

            @Override
            public void run() {
                long now = System.nanoTime();
                while (due <= now && due < end) {
                    turns.get(next).begin();
                    next = (next + 1) % CONNECTIONS;
                    due += gapNanos / CONNECTIONS;
                }
                if (due < end && failure == null) {
                    var unused = loop.schedule(this, due - System.nanoTime(), TimeUnit.NANOSECONDS);
                } else {
                    over.countDown();
                }
            }
        }

        /** A connection, and when its next request is due. */
        private final class Turn implements HttpConnection.Listener {

            private final HttpConnection connection;
            private long due;
            private boolean busy;
            private boolean ended;
            private int waiting;

            Turn(HttpConnection connection) {
                this.connection = connection;
            }

            void begin() {
                if (busy) {
                    waiting++;
                    return;
                }
                busy = true;
                if (gapNanos == 0) {
                    due = System.nanoTime();
                }
                connection.send(asked[ThreadLocalRandom.current().nextInt(USERS)], this);
            }

            @Override
            public void answered() {
                if (due - countedFrom >= 0) {
                    latencies.recordValue(System.nanoTime() - due);
                }
                due += gapNanos;
                busy = false;
                if (waiting > 0) {
                    waiting--;
                    begin();
                } else if (stopped) {
                    end();
                } else if (gapNanos == 0) {
                    begin();
                }
            }

            void endIfIdle() {
                if (!busy) {
                    end();
                }
            }

            /** Once: an answer may come between the stop and its turn on the event loop. */
            private void end() {
                if (!ended) {
                    ended = true;
                    open.countDown();
                }
            }

            @Override
            public void failed(Throwable cause) {
                failure = cause;
                end();
            }
        }
    }
}
