package io.github.headgate.http;

import java.nio.charset.StandardCharsets;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Mono;

/** A complete response that the gateway gives by itself. */
public record Answer(HttpStatus status, HttpHeaders headers, String body) {

    /** Sends the answer at subscription, replacing headers of the same name. */
    public Mono<Void> writeTo(ServerHttpResponse response) {
        return Mono.defer(() -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            response.setStatusCode(status);
            HttpHeaders target = response.getHeaders();
            headers.forEach(target::put);
            target.setContentLength(bytes.length);
            DataBuffer buffer = response.bufferFactory().wrap(bytes);
            return response.writeWith(Mono.just(buffer));
        });
    }
}
