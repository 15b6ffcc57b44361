package io.github.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.http.server.HttpServer;

/** The headers of a real server, as the gateway hands them over. */
class UpstreamLimitHeadersFilterTest {

    private static final String LIMIT = "X-RateLimit-Limit-Tokens";

    private final DisposableServer upstream = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .route(routes -> routes.get(
                            "/limited",
                            (request, response) -> response.header("Content-Type", "text/plain")
                                    .header(LIMIT, "150000")
                                    .sendString(Mono.just("hello")))
                    .get(
                            "/unlimited",
                            (request, response) -> response.header("Content-Type", "text/plain")
                                    .sendString(Mono.just("hello"))))
            .bindNow();
    private final MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/"));
    private final UpstreamLimitHeadersFilter filter = new UpstreamLimitHeadersFilter();

    @BeforeEach
    void limitTheCaller() {
        Charges.of(exchange, new ScriptedLimiter()).startDeciding(false);
    }

    @AfterEach
    void stop() {
        upstream.disposeNow();
    }

    @Test
    void limitHeaderOfTheUpstreamGoes() {
        HttpHeaders headers = answer("/limited");

        HttpHeaders left = filter.filter(headers, exchange);

        assertThat(headers.headerNames()).contains(LIMIT);
        assertThat(left.headerNames()).contains("Content-Type").doesNotContain(LIMIT);
    }

    @Test
    void headersWithoutLimitsAreNotCopied() {
        HttpHeaders headers = answer("/unlimited");

        assertThat(filter.filter(headers, exchange)).isSameAs(headers);
    }

    @Test
    void limitHeaderThatAnotherFilterAddsGoesToo() {
        HttpHeaders headers = answer("/unlimited");
        headers.add(LIMIT, "150000");

        assertThat(filter.filter(headers, exchange).headerNames())
                .contains("Content-Type")
                .doesNotContain(LIMIT);
    }

    @Test
    void limitHeaderGoesWhereAnotherClientHasAsked() {
        HttpHeaders headers = answer("/limited");
        exchange.getAttributes().put(ServerWebExchangeUtils.CLIENT_RESPONSE_ATTR, "another client's response");

        assertThat(filter.filter(headers, exchange).headerNames()).doesNotContain(LIMIT);
    }

    /** As the gateway's routing filter does: it keeps the response, and copies its headers. */
    private HttpHeaders answer(String path) {
        HttpClientResponse response = Objects.requireNonNull(HttpClient.create()
                .get()
                .uri("http://127.0.0.1:" + upstream.port() + path)
                .response()
                .block());
        exchange.getAttributes().put(ServerWebExchangeUtils.CLIENT_RESPONSE_ATTR, response);
        HttpHeaders headers = new HttpHeaders();
        response.responseHeaders().forEach(each -> headers.add(each.getKey(), each.getValue()));
        return headers;
    }
}
