package io.github.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/** A gateway that is a resource server, in front of nothing: every call is denied, and so shows whom it counted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VerifiedCallerOnTheWireTest {

    private final ScriptedLimiter limiter = new ScriptedLimiter()
            .answer("openai:alice", ScriptedLimiter.denied())
            .answer("openai:header=alice", ScriptedLimiter.denied())
            .answer("openai", ScriptedLimiter.denied());
    private final ConfigurableApplicationContext gateway = startGateway();
    private final WebClient client =
            WebClient.create("http://127.0.0.1:" + gateway.getEnvironment().getProperty("local.server.port"));

    @AfterAll
    void stop() {
        gateway.close();
    }

    @Test
    void callerWithAVerifiedTokenIsWhomItsClaimNames() {
        assertThat(call(headers -> headers.setBearerAuth("good"))).isEqualTo(429);

        assertThat(lastKey()).isEqualTo("openai:alice");
    }

    @Test
    void callerWithoutATokenCannotBecomeAVerifiedOneByAHeader() {
        assertThat(call(headers -> headers.set("X-User-Id", "alice"))).isEqualTo(429);

        assertThat(lastKey()).isEqualTo("openai:header=alice");
    }

    @Test
    void anonymousCallerIsNobody() {
        assertThat(call(headers -> {})).isEqualTo(429);

        assertThat(lastKey()).isEqualTo("openai");
    }

    @Test
    void tokenThatCannotBeVerifiedNeverReachesTheLimiter() {
        int before = limiter.calls.size();

        assertThat(call(headers -> headers.setBearerAuth("forged"))).isEqualTo(401);

        assertThat(limiter.calls).hasSize(before);
    }

    private String lastKey() {
        return limiter.calls.get(limiter.calls.size() - 1).key();
    }

    private int call(Consumer<HttpHeaders> headers) {
        HttpStatusCode status = client.get()
                .uri("/chat")
                .headers(headers)
                .exchangeToMono(answer -> answer.releaseBody().thenReturn(answer.statusCode()))
                .block(Duration.ofSeconds(10));
        return Objects.requireNonNull(status).value();
    }

    private ConfigurableApplicationContext startGateway() {
        String route = "spring.cloud.gateway.server.webflux.routes[0].";
        return new SpringApplicationBuilder(ResourceServer.class)
                .web(WebApplicationType.REACTIVE)
                .initializers(context ->
                        ((GenericApplicationContext) context).registerBean(ScriptedLimiter.class, () -> limiter))
                .properties(
                        "spring.main.banner-mode=off",
                        "logging.level.root=warn",
                        "server.port=0",
                        "server.address=127.0.0.1",
                        route + "id=openai",
                        route + "uri=http://127.0.0.1:1",
                        route + "predicates[0]=Path=/**",
                        route + "filters[0].name=ProviderRateLimit",
                        route + "filters[0].args.user[0]=claim:sub",
                        route + "filters[0].args.user[1]=header:X-User-Id")
                .run();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableWebFluxSecurity
    @Import(StubbedGateway.class)
    static class ResourceServer {

        @Bean
        SecurityWebFilterChain security(ServerHttpSecurity http) {
            return http.authorizeExchange(exchanges -> exchanges.anyExchange().permitAll())
                    .anonymous(Customizer.withDefaults())
                    .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
                    .build();
        }

        @Bean
        ReactiveJwtDecoder onlyTheGoodToken() {
            return token -> token.equals("good")
                    ? Mono.just(Jwt.withTokenValue(token)
                            .header("alg", "RS256")
                            .subject("alice")
                            .build())
                    : Mono.error(new BadJwtException("bad signature"));
        }
    }
}
