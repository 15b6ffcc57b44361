package io.github.headgate.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A network of a test's own in front of a server: it can be slow, cut, silent, or closed. */
public final class TcpProxy implements AutoCloseable {

    private enum Mode {
        FORWARDS,
        RESETS,
        SWALLOWS
    }

    private final int port = TestRedis.freePort();
    private final int target;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private volatile Mode mode = Mode.FORWARDS;
    private volatile LongSupplier delayMillis = () -> 0;
    private volatile ServerSocket listening;
    private volatile boolean closed;

    private final @Nullable UnaryOperator<byte[]> rewriting;

    private TcpProxy(int target, @Nullable UnaryOperator<byte[]> rewriting) {
        this.target = target;
        this.rewriting = rewriting;
        listen();
    }

    /**
     * Starts in front of a server, and only forwards at first.
     *
     * @param target a port of this machine
     */
    public static TcpProxy to(int target) {
        return new TcpProxy(target, null);
    }

    /**
     * Starts in front of a Redis, and changes the words of each command on its way there.
     *
     * @param target a port of this machine
     */
    public static TcpProxy rewriting(int target, UnaryOperator<byte[]> words) {
        return new TcpProxy(target, words);
    }

    public int port() {
        return port;
    }

    /** Holds up what the server says, each time for so long; it stays in order. */
    public void delay(LongSupplier millis) {
        delayMillis = millis;
    }

    /** Resets every connection there is, once. */
    public void reset() {
        links.forEach(Link::reset);
    }

    /** Resets every connection there is, and each new one as soon as anything is sent. */
    public void resetAlways() {
        mode = Mode.RESETS;
        reset();
    }

    /** Swallows what either side says; connections are accepted and stay open. */
    public void swallow() {
        mode = Mode.SWALLOWS;
        links.forEach(link -> link.dead = true);
    }

    /** Closes every connection, and takes no new ones. */
    public void refuse() {
        closeQuietly(listening);
        links.forEach(Link::close);
    }

    /** Works again for new connections and for those that have lost nothing; one that was swallowed stays dead. */
    public void heal() {
        mode = Mode.FORWARDS;
        delayMillis = () -> 0;
        if (listening.isClosed()) {
            listen();
        }
    }

    private void listen() {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
            listening = socket;
            start(() -> accept(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket socket) {
        while (!closed) {
            try {
                Link link = new Link(socket.accept());
                link.dead = mode == Mode.SWALLOWS;
                links.add(link);
                link.open();
            } catch (IOException e) {
                if (socket.isClosed()) {
                    return;
                }
            }
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(AutoCloseable it) {
        try {
            it.close();
        } catch (Exception e) {
            // It is closed, then.
        }
    }

    @Override
    public void close() {
        closed = true;
        refuse();
    }

    /** A client's connection, and the one to the server that belongs to it. */
    private final class Link {

        private final Socket client;
        private final Socket server = new Socket();
        private final BlockingQueue<Chunk> toClient = new LinkedBlockingQueue<>();
        private volatile boolean dead;

        Link(Socket client) {
            this.client = client;
        }

        void open() {
            try {
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                start(this::clientToServer);
                start(this::serverToQueue);
                start(this::queueToClient);
            } catch (IOException e) {
                close();
            }
        }

        private void clientToServer() {
            UnaryOperator<byte[]> words = rewriting;
            if (words == null) {
                pump(client, this::toServer);
            } else {
                try {
                    RedisCommands.rewrite(client.getInputStream(), server.getOutputStream(), words);
                } catch (IOException e) {
                    // The server hears of it below.
                }
                close();
            }
        }

        private void toServer(byte[] bytes) throws IOException {
            if (mode == Mode.RESETS) {
                reset();
            } else {
                server.getOutputStream().write(bytes);
            }
        }

        private void serverToQueue() {
            pump(
                    server,
                    bytes -> toClient.add(new Chunk(
                            System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMillis.getAsLong()), bytes)));
        }

        private void queueToClient() {
            try {
                while (!client.isClosed()) {
                    Chunk chunk = toClient.poll(1, TimeUnit.SECONDS);
                    if (chunk != null) {
                        for (long left = chunk.due - System.nanoTime();
                                left > 0;
                                left = chunk.due - System.nanoTime()) {
                            LockSupport.parkNanos(left);
                        }
                        if (!dead) {
                            client.getOutputStream().write(chunk.bytes);
                        }
                    }
                }
            } catch (IOException e) {
                close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void pump(Socket from, Sink to) {
            byte[] buffer = new byte[65_536];
            try (InputStream in = from.getInputStream()) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    if (!dead) {
                        to.write(Arrays.copyOf(buffer, read));
                    }
                }
            } catch (IOException e) {
                // The other side hears of it below.
            }
            close();
        }

        /** So that the client finds the connection broken, not ended. */
        void reset() {
            try {
                client.setSoLinger(true, 0);
            } catch (IOException e) {
                // It is closed, then.
            }
            close();
        }

        void close() {
            links.remove(this);
            closeQuietly(client);
            closeQuietly(server);
        }
    }

    private static final class Chunk {

        /** When it is to be told, in {@link System#nanoTime}. */
        final long due;

        final byte[] bytes;

        Chunk(long due, byte[] bytes) {
            this.due = due;
            this.bytes = bytes;
        }
    }

    private interface Sink {
        void write(byte[] bytes) throws IOException;
    }
}
