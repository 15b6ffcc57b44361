package io.github.headgate.redis;

import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives up a new connection to Redis on which the client's greeting is not answered within 750 ms. The client itself
 * waits for as long as for any command, a minute if nothing else is configured, and tries no other connection
 * meanwhile.
 */
public final class HandshakeLimit implements NettyCustomizer {

    private static final long LONGEST_MILLIS = 750;

    @Override
    public void afterChannelInitialized(Channel channel) {
        channel.pipeline().addFirst(new Watch());
    }

    /** Watches one connection, until it has said anything. */
    private static final class Watch extends ChannelDuplexHandler {

        private @Nullable Future<?> limit;

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (limit == null) {
                limit = context.executor()
                        .schedule(
                                () -> {
                                    var unused = context.close();
                                },
                                LONGEST_MILLIS,
                                TimeUnit.MILLISECONDS);
            }
            var unused = context.write(message, promise);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            end(context);
            context.fireChannelRead(message);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            end(context);
            context.fireChannelInactive();
        }

        private void end(ChannelHandlerContext context) {
            Future<?> running = limit;
            if (running != null) {
                running.cancel(false);
            }
            context.pipeline().remove(this);
        }
    }
}
