package io.github.headgate.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * An upstream that costs next to nothing, so that what a load measures is the gateway. It answers {@code fine}; a
 * {@code POST} with the length and the checksum of its body; and {@code /bytes/N} with N kilobytes.
 */
final class CheapUpstream implements AutoCloseable {

    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong kilobytes = new AtomicLong();
    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .doOnChannelInit((observer, channel, remote) -> connections.add(channel))
            .handle(this::answer)
            .bindNow();

    private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        requests.incrementAndGet();
        String path = request.uri();
        if (request.method().name().equals("POST")) {
            return response.sendString(lengthAndChecksum(request));
        }
        if (path.startsWith("/bytes/")) {
            int count = Integer.parseInt(path.substring("/bytes/".length()));
            return response.sendByteArray(
                    Flux.range(0, count).map(i -> new byte[1_024]).doOnNext(sent -> kilobytes.incrementAndGet()));
        }
        return response.header("Content-Length", "4").sendString(Mono.just("fine"));
    }

    private static Mono<String> lengthAndChecksum(HttpServerRequest request) {
        CRC32 checksum = new CRC32();
        return request.receive()
                .map(part -> {
                    checksum.update(part.nioBuffer());
                    return (long) part.readableBytes();
                })
                .reduce(0L, Long::sum)
                .map(length -> length + " " + checksum.getValue());
    }

    /** What is answered to a body. */
    static String answerTo(ByteBuf body) {
        CRC32 checksum = new CRC32();
        checksum.update(body.nioBuffer());
        return body.readableBytes() + " " + checksum.getValue();
    }

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** Requests that have come. */
    long requests() {
        return requests.get();
    }

    /** What was sent of all the answers to {@code /bytes/N}. */
    long kilobytes() {
        return kilobytes.get();
    }

    /** Connections that are open now. */
    int connections() {
        return connections.size();
    }

    @Override
    public void close() {
        server.disposeNow();
    }
}
