package io.github.headgate.filter;

import io.github.headgate.ProviderRateLimiter;
import io.netty.channel.Channel;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.AbstractServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.web.server.ServerWebExchange;
import reactor.netty.Connection;
import reactor.util.context.Context;

/**
 * The thread that a caller's connection belongs to. An exchange that goes on there after its decision takes an upstream
 * connection of the same thread, and its bytes are handed over nowhere; on the Redis client's thread every request of
 * the gateway would go through one thread.
 */
final class EventLoop implements Executor {

    private final io.netty.channel.EventLoop loop;

    private EventLoop(Channel channel) {
        this.loop = channel.eventLoop();
    }

    /** A context in which decisions are signalled on the exchange's event loop, where the server has one. */
    static Context answersOn(ServerWebExchange exchange, Context context) {
        EventLoop loop = of(exchange);
        return loop == null ? context : context.put(ProviderRateLimiter.ANSWER_ON, loop);
    }

    private static @Nullable EventLoop of(ServerWebExchange exchange) {
        ServerHttpRequest request = exchange.getRequest();
        while (request instanceof ServerHttpRequestDecorator decorator) {
            request = decorator.getDelegate();
        }
        try {
            return request instanceof AbstractServerHttpRequest server
                            && server.getNativeRequest() instanceof Connection connection
                    ? new EventLoop(connection.channel())
                    : null;
        } catch (IllegalStateException notOfAServer) {
            return null;
        }
    }

    @Override
    public void execute(Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }
}
