package io.github.headgate.sample.stub;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A stand-in for every provider: an HTTP server on a free port of the loopback interface, up before the gateway's own
 * port opens. It answers any path that ends like the real one, because providers differ in what stands before.
 */
@Component
@EnableConfigurationProperties(StubProperties.class)
public final class StubProvider implements SmartLifecycle {

    private static final int LARGEST_BODY = 32 * 1024 * 1024;

    private final StubProperties properties;
    private final JsonMapper json = JsonMapper.shared();
    private final Dialect openAi = new OpenAiDialect(json);
    private final Dialect anthropic = new AnthropicDialect(json);
    private final Clock clock = Clock.systemUTC();
    private volatile @Nullable DisposableServer server;

    StubProvider(StubProperties properties) {
        this.properties = properties;
    }

    /** Where it listens, for example {@code http://127.0.0.1:34567}. */
    public URI address() {
        DisposableServer running = server;
        if (running == null) {
            throw new IllegalStateException("the stub provider is not running");
        }
        return URI.create("http://127.0.0.1:" + running.port());
    }

    private Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        Instant now = clock.instant();
        String path = request.fullPath();
        String method = request.method().name();
        if (method.equals("POST") && path.endsWith("/chat/completions")) {
            return answer(request, response, openAi, now);
        }
        if (method.equals("POST") && path.endsWith("/messages")) {
            return answer(request, response, anthropic, now);
        }
        Dialect dialect = request.requestHeaders().contains("anthropic-version") ? anthropic : openAi;
        if (method.equals("GET") && path.endsWith("/models")) {
            return send(response, dialect, dialect.models(now), now);
        }
        return send(response, dialect, dialect.error(404, "The stub has no " + method + " " + path), now);
    }

    private Mono<Void> answer(HttpServerRequest request, HttpServerResponse response, Dialect dialect, Instant now) {
        return body(request)
                .map(body -> body.length > LARGEST_BODY
                        ? dialect.error(413, "The body of the request is larger than " + LARGEST_BODY + " bytes.")
                        : answer(body, dialect, now))
                .flatMap(answer -> send(response, dialect, answer, now));
    }

    /** The body, read to its end but not kept far beyond {@link #LARGEST_BODY}. */
    private static Mono<byte[]> body(HttpServerRequest request) {
        return request.receive()
                .asByteArray()
                .reduceWith(ByteArrayOutputStream::new, (read, part) -> {
                    if (read.size() <= LARGEST_BODY) {
                        read.writeBytes(part);
                    }
                    return read;
                })
                .map(ByteArrayOutputStream::toByteArray);
    }

    private Answer answer(byte[] body, Dialect dialect, Instant now) {
        try {
            return json.readTree(body) instanceof ObjectNode request
                    ? dialect.answer(request, now)
                    : dialect.error(400, "The body of the request must be a JSON object.");
        } catch (JacksonException e) {
            return dialect.error(400, "We could not parse the JSON body of your request.");
        }
    }

    private Mono<Void> send(HttpServerResponse response, Dialect dialect, Answer answer, Instant now) {
        dialect.headers(now).forEach(response::header);
        if (answer instanceof Answer.Events stream) {
            Flux<String> events = Flux.fromIterable(stream.events());
            Flux<String> paced = properties.pace().isZero() ? events : events.delayElements(properties.pace());
            return response.sse().sendString(paced, StandardCharsets.UTF_8).then();
        }
        Answer.Json whole = (Answer.Json) answer;
        return response.status(whole.status())
                .header("Content-Type", "application/json")
                .sendString(Mono.just(json.writeValueAsString(whole.body())), StandardCharsets.UTF_8)
                .then();
    }

    @Override
    public void start() {
        server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .httpRequestDecoder(
                        decoder -> decoder.maxInitialLineLength(64 * 1024).maxHeaderSize(64 * 1024))
                .handle(this::handle)
                .bindNow();
    }

    @Override
    public void stop() {
        DisposableServer running = server;
        if (running != null) {
            server = null;
            running.disposeNow();
        }
    }

    @Override
    public boolean isRunning() {
        return server != null;
    }

    /** Before the web server, which starts late. */
    @Override
    public int getPhase() {
        return 0;
    }
}
