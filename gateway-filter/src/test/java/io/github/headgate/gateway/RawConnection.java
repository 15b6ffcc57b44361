package io.github.headgate.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;

/** A connection that sends the very bytes it is given, also those that no HTTP client would; one request on each. */
final class RawConnection implements AutoCloseable {

    private final SocketChannel channel;

    private RawConnection(SocketChannel channel) {
        this.channel = channel;
    }

    static RawConnection to(int port) {
        try {
            return new RawConnection(SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request for the path, each header line as it is given. */
    void get(String path, List<byte[]> headerLines) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(("GET " + path + " HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n").getBytes(ISO_8859_1));
        for (byte[] line : headerLines) {
            bytes.writeBytes(line);
            bytes.writeBytes(new byte[] {'\r', '\n'});
        }
        bytes.writeBytes(new byte[] {'\r', '\n'});
        send(bytes.toByteArray());
    }

    void send(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void get(String path, String user) {
        get(path, List.of(("X-User-Id: " + user).getBytes(ISO_8859_1)));
    }

    /** Sends as much as the other side takes until it closes the connection. */
    void trySend(byte[] bytes) {
        try {
            send(bytes);
        } catch (UncheckedIOException closed) {
            // The answer, if any, says why.
        }
    }

    /** The first line of the answer; empty when the connection was closed without one. */
    String firstLine() {
        StringBuilder line = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        try {
            while (channel.read(one.clear()) > 0 && one.get(0) != '\r') {
                line.append((char) one.get(0));
            }
        } catch (IOException reset) {
            // It was closed with bytes of ours unread.
        }
        return line.toString();
    }

    /** The whole answer, each byte a character; returns when the server closes the connection. */
    String answer() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(8_192);
        try {
            while (channel.read(buffer) >= 0) {
                bytes.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toString(ISO_8859_1);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
