package io.github.headgate.benchmarks.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the load generator: one request at a time, and of the answer only what tells that it is there. A
 * whole HTTP client would take more of the processor than what is measured.
 */
final class HttpConnection extends ByteToMessageDecoder {

    private static final byte[] LENGTH = "content-length: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OK = "HTTP/1.1 200 ".getBytes(StandardCharsets.US_ASCII);

    /** Who is told, on the connection's event loop. */
    interface Listener {

        void answered();

        void failed(Throwable cause);
    }

    private @Nullable Listener listener;
    private @Nullable ChannelHandlerContext context;
    private boolean inHead = true;
    private boolean firstLine = true;
    private int bodyLeft = -1;

    /** On the event loop, and not before the last answer is there. */
    void send(byte[] request, Listener who) {
        listener = who;
        if (context != null) {
            var unused = context.writeAndFlush(Unpooled.wrappedBuffer(request), context.voidPromise());
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    protected void decode(ChannelHandlerContext ignored, ByteBuf in, List<Object> out) {
        int end = inHead ? in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n') : 0;
        while (inHead && end >= 0) {
            readLine(in, in.readerIndex(), end);
            in.readerIndex(end + 1);
            end = in.indexOf(end + 1, in.writerIndex(), (byte) '\n');
        }
        if (!inHead) {
            int read = Math.min(bodyLeft, in.readableBytes());
            in.skipBytes(read);
            bodyLeft -= read;
            if (bodyLeft == 0) {
                inHead = true;
                firstLine = true;
                bodyLeft = -1;
                if (listener != null) {
                    listener.answered();
                }
            }
        }
    }

    private void readLine(ByteBuf in, int start, int end) {
        if (firstLine) {
            if (!startsWith(in, start, end, OK)) {
                throw new IllegalStateException(
                        "not 200: " + in.toString(start, end - start, StandardCharsets.US_ASCII));
            }
            firstLine = false;
        } else if (end == start + 1) {
            if (bodyLeft < 0) {
                throw new IllegalStateException("an answer without Content-Length");
            }
            inHead = false;
        } else if (bodyLeft < 0 && startsWith(in, start, end, LENGTH)) {
            int digits = start + LENGTH.length;
            bodyLeft = Integer.parseInt(
                    in.toString(digits, end - digits, StandardCharsets.US_ASCII).trim());
        }
    }

    /** Whatever the case of letters. */
    private static boolean startsWith(ByteBuf in, int start, int end, byte[] prefix) {
        if (end - start < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (Character.toLowerCase(in.getByte(start + i)) != Character.toLowerCase(prefix[i])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void channelInactive(ChannelHandlerContext closed) throws Exception {
        fail(new IllegalStateException("the gateway closed a connection"));
        super.channelInactive(closed);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ignored, Throwable cause) {
        fail(cause);
    }

    private void fail(Throwable cause) {
        if (listener != null) {
            listener.failed(cause);
        }
    }
}
