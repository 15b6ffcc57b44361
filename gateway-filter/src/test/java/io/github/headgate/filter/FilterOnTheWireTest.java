package io.github.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.gateway.event.RefreshRoutesEvent;
import org.springframework.cloud.gateway.filter.FilterDefinition;
import org.springframework.cloud.gateway.handler.predicate.PredicateDefinition;
import org.springframework.cloud.gateway.route.RouteDefinition;
import org.springframework.cloud.gateway.route.RouteDefinitionWriter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

/** The filter in a real gateway, in front of a real server, behind a stub of the limiter. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FilterOnTheWireTest {

    private final Sinks.Many<String> events = Sinks.many().unicast().onBackpressureBuffer();
    private final ScriptedLimiter limiter = new ScriptedLimiter();
    private final DisposableServer upstream = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .route(routes -> routes.get(
                            "/chat",
                            (request, response) -> response.header("x-ratelimit-limit-tokens", "1")
                                    .header("x-ratelimit-remaining-requests", "123456")
                                    .header("RateLimit", "\"account\";r=5")
                                    .sendString(Mono.just("hello")))
                    .get(
                            "/stream",
                            (request, response) -> response.sse()
                                    .send(
                                            events.asFlux()
                                                    .map(text -> response.alloc()
                                                            .buffer()
                                                            .writeBytes(text.getBytes(StandardCharsets.UTF_8))),
                                            each -> true)))
            .bindNow();

    private final ConfigurableApplicationContext gateway = startGateway();
    private final WebClient client =
            WebClient.create("http://127.0.0.1:" + gateway.getEnvironment().getProperty("local.server.port"));

    @AfterAll
    void stop() {
        gateway.close();
        upstream.disposeNow();
    }

    @Test
    void callerSeesItsOwnLimitsOnly() {
        ResponseEntity<String> answer = get("/openai/chat", "alice");

        assertThat(answer.getBody()).isEqualTo("hello");
        assertThat(answer.getHeaders().get("x-ratelimit-remaining-requests")).containsExactly("59");
        assertThat(answer.getHeaders().get("RateLimit")).containsExactly("\"minute\";r=59");
        assertThat(answer.getHeaders().get("x-ratelimit-limit-tokens")).isNull();
    }

    @Test
    void deniedCallerGetsTheWholeAnswer() {
        limiter.answer("openai:denied", ScriptedLimiter.denied());

        ResponseEntity<String> answer = get("/openai/chat", "denied");

        assertThat(answer.getStatusCode()).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
        assertThat(answer.getHeaders().getFirst("Retry-After")).isEqualTo("2");
        assertThat(answer.getBody())
                .startsWith("{\"error\":{\"message\":\"Rate limit reached")
                .endsWith("}}");
    }

    @Test
    void streamIsPassedOnEventByEvent() {
        Flux<String> stream = client.get()
                .uri("/openai/stream")
                .header("X-User-Id", "alice")
                .retrieve()
                .bodyToFlux(String.class);

        StepVerifier.create(stream)
                .then(() -> events.tryEmitNext("data: one\n\n"))
                .expectNext("one")
                .then(() -> events.tryEmitNext("data: two\n\n"))
                .expectNext("two")
                .then(events::tryEmitComplete)
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void callerThatHangsUpWhileItWaitsCancelsItsWait() throws InterruptedException {
        CountDownLatch waiting = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        limiter.answer(
                "claude:waiting",
                Mono.<Decision>never()
                        .doOnSubscribe(subscription -> waiting.countDown())
                        .doOnCancel(cancelled::countDown));
        Disposable call = client.get()
                .uri("/claude/chat")
                .header("X-User-Id", "waiting")
                .retrieve()
                .toBodilessEntity()
                .subscribe();
        assertThat(waiting.await(10, TimeUnit.SECONDS)).isTrue();

        call.dispose();

        assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void badRouteThatAppearsLaterIsRefusedAndTheOthersAreServed() {
        save(definition("broken", "/broken/**", "ProviderRateLimit=openai,wait"));
        save(definition("late", "/late/**", "ProviderRateLimit=openai"));

        gateway.publishEvent(new RefreshRoutesEvent(this));

        assertThat(get("/broken/chat", "alice").getStatusCode()).isEqualTo(HttpStatus.NOT_FOUND);
        assertThat(get("/late/chat", "alice").getStatusCode()).isEqualTo(HttpStatus.OK);
        assertThat(get("/openai/chat", "alice").getStatusCode()).isEqualTo(HttpStatus.OK);
    }

    private ConfigurableApplicationContext startGateway() {
        String routes = "spring.cloud.gateway.server.webflux.routes";
        return new SpringApplicationBuilder(StubbedGateway.class)
                .web(WebApplicationType.REACTIVE)
                .initializers(context ->
                        ((GenericApplicationContext) context).registerBean(ScriptedLimiter.class, () -> limiter))
                .properties(
                        "spring.main.banner-mode=off",
                        "logging.level.root=warn",
                        "server.port=0",
                        "server.address=127.0.0.1",
                        routes + "[0].id=openai",
                        routes + "[0].uri=http://127.0.0.1:" + upstream.port(),
                        routes + "[0].predicates[0]=Path=/openai/**",
                        routes + "[0].filters[0]=StripPrefix=1",
                        routes + "[0].filters[1]=ProviderRateLimit=openai",
                        routes + "[1].id=claude",
                        routes + "[1].uri=http://127.0.0.1:" + upstream.port(),
                        routes + "[1].predicates[0]=Path=/claude/**",
                        routes + "[1].filters[0]=StripPrefix=1",
                        routes + "[1].filters[1].name=ProviderRateLimit",
                        routes + "[1].filters[1].args.mode=wait")
                .run();
    }

    private void save(RouteDefinition route) {
        gateway.getBean(RouteDefinitionWriter.class).save(Mono.just(route)).block();
    }

    private RouteDefinition definition(String id, String path, String filter) {
        RouteDefinition route = new RouteDefinition();
        route.setId(id);
        route.setUri(URI.create("http://127.0.0.1:" + upstream.port()));
        route.setPredicates(List.of(new PredicateDefinition("Path=" + path)));
        route.setFilters(List.of(new FilterDefinition("StripPrefix=1"), new FilterDefinition(filter)));
        return route;
    }

    private ResponseEntity<String> get(String path, String user) {
        return Objects.requireNonNull(client.get()
                .uri(path)
                .header("X-User-Id", user)
                .exchangeToMono(answer -> answer.toEntity(String.class))
                .block(Duration.ofSeconds(10)));
    }
}
