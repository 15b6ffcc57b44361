package io.github.headgate.benchmarks.gateway;

import io.github.headgate.benchmarks.subject.HeadgateFilter;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Many users who ask one path over few connections: as fast as answers come, or at a fixed rate. */
final class HttpLoad {

    private static final int CONNECTIONS = 32;
    private static final int USERS = 1_000;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final int port;
    private final byte[][] requests = new byte[USERS][];

    HttpLoad(int port, String path) {
        this.port = port;
        for (int i = 0; i < USERS; i++) {
            requests[i] = ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + HeadgateFilter.USER_HEADER + ": user-"
                            + i + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
        }
    }

    /** Answers per second when each connection asks again as soon as it has its answer. */
    double closedLoop(Duration time) throws InterruptedException {
        Run run = new Run(0);
        run.during(time);
        return run.latencies.getTotalCount() / (time.toNanos() / 1e9);
    }

    /**
     * Latencies, in nanoseconds, of requests that come at a fixed rate; each counted from when it was due, though its
     * connection may have been busy then.
     */
    Histogram openLoop(double perSecond, Duration time) throws InterruptedException {
        Run run = new Run((long) (CONNECTIONS * 1e9 / perSecond));
        run.during(time);
        return run.latencies;
    }

    /** One use of the connections. All but the waiting happens on one event loop. */
    private final class Run {

        private final long gapNanos;
        private final Histogram latencies = new Histogram(LONGEST_NANOS, 3);
        private final CountDownLatch open = new CountDownLatch(CONNECTIONS);
        private final List<Turn> turns = new ArrayList<>();
        private volatile boolean stopped;
        private volatile @Nullable Throwable failure;

        /** @param gapNanos between two requests of one connection; 0: none */
        Run(long gapNanos) {
            this.gapNanos = gapNanos;
        }

        void during(Duration time) throws InterruptedException {
            EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
            try {
                List<Channel> channels = connect(loop);
                long start = System.nanoTime();
                for (int i = 0; i < CONNECTIONS; i++) {
                    turns.get(i).due = start + i * gapNanos / CONNECTIONS;
                }
                if (gapNanos == 0) {
                    loop.execute(() -> turns.forEach(Turn::begin));
                    TimeUnit.NANOSECONDS.sleep(time.toNanos());
                } else {
                    pace(loop, start, start + time.toNanos());
                }
                stopped = true;
                loop.execute(() -> turns.forEach(Turn::endIfIdle));
                boolean ended = open.await(20, TimeUnit.SECONDS) || failure != null;
                for (Channel channel : channels) {
                    var unused = channel.close();
                }
                if (!ended || failure != null) {
                    throw new IllegalStateException("a request failed, or was not answered", failure);
                }
            } finally {
                loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(2, TimeUnit.SECONDS);
            }
        }

        private List<Channel> connect(EventLoopGroup loop) throws InterruptedException {
            List<Channel> channels = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                Turn turn = new Turn();
                turns.add(turn);
                channels.add(new Bootstrap()
                        .group(loop)
                        .channel(NioSocketChannel.class)
                        .handler(turn.connection)
                        .connect("127.0.0.1", port)
                        .sync()
                        .channel());
            }
            return channels;
        }

        /** An event loop's own timer is too coarse. */
        private void pace(EventLoopGroup loop, long start, long end) {
            long gap = gapNanos / CONNECTIONS;
            int next = 0;
            for (long due = start; due < end && failure == null; due += gap) {
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                Turn turn = turns.get(next);
                next = (next + 1) % CONNECTIONS;
                loop.execute(turn::begin);
            }
        }

        /** A connection, and when its next request is due. */
        private final class Turn implements HttpConnection.Listener {

            private final HttpConnection connection = new HttpConnection(this);
            private long due;
            private boolean busy;
            private boolean ended;
            private int waiting;

            void begin() {
                if (busy) {
                    waiting++;
                    return;
                }
                busy = true;
                if (gapNanos == 0) {
                    due = System.nanoTime();
                }
                connection.send(requests[ThreadLocalRandom.current().nextInt(USERS)]);
            }

            @Override
            public void answered() {
                latencies.recordValue(System.nanoTime() - due);
                due += gapNanos;
                busy = false;
                if (stopped) {
                    end();
                } else if (gapNanos == 0) {
                    begin();
                } else if (waiting > 0) {
                    waiting--;
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
                if (!stopped) {
                    failure = cause;
                }
            }
        }
    }
}
