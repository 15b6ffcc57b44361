package io.github.headgate.benchmarks.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the load generator: one request at a time, and of the answer only what tells that it is there. A
 * whole HTTP client would take more of the processor than what is measured.
 */
final class HttpConnection extends SimpleChannelInboundHandler<ByteBuf> {

    private static final byte[] LENGTH = "content-length: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OK = "HTTP/1.1 200 ".getBytes(StandardCharsets.US_ASCII);

    /** Who is told, on the connection's event loop. */
    interface Listener {

        void answered();

        void failed(Throwable cause);
    }

    private final Listener listener;
    private final ByteBuf line = Unpooled.buffer(256);
    private @Nullable ChannelHandlerContext context;
    private boolean inHead = true;
    private boolean firstLine = true;
    private int bodyLeft = -1;

    HttpConnection(Listener listener) {
        this.listener = listener;
    }

    /** On the event loop, and not before the last answer is there. */
    void send(byte[] request) {
        if (context != null) {
            var unused = context.writeAndFlush(Unpooled.wrappedBuffer(request), context.voidPromise());
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ignored, ByteBuf bytes) {
        while (bytes.isReadable()) {
            if (inHead) {
                readHead(bytes.readByte());
            } else {
                int read = Math.min(bodyLeft, bytes.readableBytes());
                bytes.skipBytes(read);
                bodyLeft -= read;
            }
            if (!inHead && bodyLeft == 0) {
                inHead = true;
                firstLine = true;
                bodyLeft = -1;
                listener.answered();
            }
        }
    }

    private void readHead(byte next) {
        if (next != '\n') {
            line.writeByte(next);
            return;
        }
        if (line.readableBytes() == 1) {
            endHead();
        } else if (firstLine) {
            if (!startsWith(OK)) {
                throw new IllegalStateException("not 200: " + line.toString(StandardCharsets.US_ASCII));
            }
            firstLine = false;
        } else if (bodyLeft < 0 && startsWith(LENGTH)) {
            bodyLeft = Integer.parseInt(
                    line.toString(LENGTH.length, line.readableBytes() - LENGTH.length, StandardCharsets.US_ASCII)
                            .trim());
        }
        line.clear();
    }

    private void endHead() {
        if (bodyLeft < 0) {
            throw new IllegalStateException("an answer without Content-Length");
        }
        inHead = false;
    }

    /** Whatever the case of letters. */
    private boolean startsWith(byte[] prefix) {
        if (line.readableBytes() < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (Character.toLowerCase(line.getByte(i)) != Character.toLowerCase(prefix[i])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ignored) {
        listener.failed(new IllegalStateException("the gateway closed a connection"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ignored, Throwable cause) {
        listener.failed(cause);
    }
}
