package io.github.headgate.caller;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.server.WebHandler;
import org.springframework.web.server.adapter.ForwardedHeaderTransformer;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A real server under each way in which Boot lets forwarded headers rewrite the remote address. */
class ForwardedHeadersTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // strategy, trusted hops, X-Forwarded-For, address
                "none      | 0 | 6.6.6.6              | 127.0.0.1",
                "none      | 1 | 6.6.6.6, 203.0.113.7 | 203.0.113.7",
                "none      | 3 | 6.6.6.6, 203.0.113.7 | 127.0.0.1",
                "framework | 0 | 6.6.6.6              | 127.0.0.1",
                "framework | 1 | 6.6.6.6, 203.0.113.7 | 203.0.113.7",
                "framework | 3 | 6.6.6.6, 203.0.113.7 | 127.0.0.1",
                "native    | 1 | 6.6.6.6, 203.0.113.7 | 203.0.113.7",
                "native    | 3 | 6.6.6.6, 203.0.113.7 | 127.0.0.1",
                "native    | 1 | unknown              | 127.0.0.1",
            })
    void clientAddressIsRightUnderEveryStrategy(String strategy, int hops, String forwardedFor, String expected) {
        DisposableServer server = start(strategy, new ClientAddress(hops));
        try {
            String address = WebClient.create("http://127.0.0.1:" + server.port())
                    .get()
                    .header("X-Forwarded-For", forwardedFor)
                    .retrieve()
                    .bodyToMono(String.class)
                    .block();

            assertThat(address).isEqualTo(expected);
        } finally {
            server.disposeNow();
        }
    }

    private static DisposableServer start(String strategy, ClientAddress clientAddress) {
        WebHandler echo = exchange -> {
            String address = String.valueOf(clientAddress.of(exchange.getRequest()));
            byte[] body = address.getBytes(StandardCharsets.UTF_8);
            return exchange.getResponse()
                    .writeWith(Mono.just(exchange.getResponse().bufferFactory().wrap(body)));
        };
        WebHttpHandlerBuilder handler = WebHttpHandlerBuilder.webHandler(echo);
        if (strategy.equals("framework")) {
            handler.forwardedHeaderTransformer(new ForwardedHeaderTransformer());
        }
        HttpHandler built = handler.build();
        return HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .forwarded(strategy.equals("native"))
                .handle(new ReactorHttpHandlerAdapter(built))
                .bindNow();
    }
}
