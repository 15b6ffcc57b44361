package io.github.headgate.gateway;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.github.headgate.KeyStatus;
import io.github.headgate.LimitUsage;
import io.github.headgate.ProviderRateLimiter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.security.autoconfigure.ReactiveUserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.actuate.web.reactive.ReactiveManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.reactive.ReactiveOAuth2ResourceServerAutoConfiguration;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.web.reactive.ReactiveOAuth2ResourceServerWebSecurityAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** A whole gateway: an application of Spring Boot with Headgate in it, its YAML in a file, on a port of its own. */
final class TestGateway implements AutoCloseable {

    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private final ConfigurableApplicationContext context;

    private TestGateway(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /** An application that only has Headgate added to the gateway. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(
            exclude = {
                ReactiveUserDetailsServiceAutoConfiguration.class,
                ReactiveWebSecurityAutoConfiguration.class,
                ReactiveManagementWebSecurityAutoConfiguration.class,
                ReactiveOAuth2ResourceServerAutoConfiguration.class,
                ReactiveOAuth2ResourceServerWebSecurityAutoConfiguration.class
            })
    static class Plain {}

    static TestGateway start(String yaml, Class<?>... more) {
        List<Class<?>> sources = new ArrayList<>(List.of(more));
        sources.add(Plain.class);
        return of(yaml, sources.toArray(Class<?>[]::new));
    }

    /** One of the given sources alone. */
    static TestGateway of(String yaml, Class<?>... sources) {
        return new TestGateway(run(yaml, sources));
    }

    /** Runs the application as {@code main} would; throws what stops it. */
    static ConfigurableApplicationContext run(String yaml, Class<?>[] sources, String... arguments) {
        try {
            Path file = Files.createTempFile("headgate", ".yaml");
            try {
                Files.writeString(file, yaml);
                List<String> all = new ArrayList<>(List.of(
                        "--spring.config.location=" + file.toUri(),
                        "--spring.main.banner-mode=off",
                        "--spring.main.web-application-type=reactive",
                        "--server.port=0",
                        "--server.address=127.0.0.1",
                        "--logging.level.root=warn",
                        "--logging.level.io.github.headgate=info",
                        "--management.endpoints.web.exposure.include=health,metrics",
                        "--management.endpoint.health.show-details=always",
                        "--management.health.redis.enabled=false"));
                all.addAll(List.of(arguments));
                return new SpringApplication(sources).run(all.toArray(String[]::new));
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An upstream on a port of its own, with more threads than any test has callers at once. */
    static WireMockServer upstream() {
        WireMockServer server = new WireMockServer(WireMockConfiguration.options()
                .dynamicPort()
                .bindAddress("127.0.0.1")
                .containerThreads(64)
                .asynchronousResponseEnabled(true));
        server.start();
        return server;
    }

    /** The head of a YAML file, with one route for each of the given providers: {@code /openai/**} and so on. */
    static String routes(WireMockServer upstream, String... filters) {
        StringBuilder yaml = new StringBuilder("spring.cloud.gateway.server.webflux.routes:\n");
        for (String filter : filters) {
            yaml.append("""
                      - id: %1$s
                        uri: %2$s
                        predicates: [ "Path=/%1$s/**" ]
                        filters: [ StripPrefix=1, ProviderRateLimit=%1$s ]
                    """.formatted(filter, upstream.baseUrl()));
        }
        return yaml.toString();
    }

    int port() {
        return Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port"));
    }

    ConfigurableApplicationContext context() {
        return context;
    }

    HttpResponse<String> get(String path, String... headers) {
        return send(path, headers).join();
    }

    /** Sends at once; the answer comes within 30 s. */
    CompletableFuture<HttpResponse<String>> send(String path, String... headers) {
        return CLIENT.sendAsync(request(path, headers), BodyHandlers.ofString());
    }

    HttpRequest request(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .timeout(Duration.ofSeconds(30));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request.build();
    }

    static HttpClient client() {
        return CLIENT;
    }

    ProviderRateLimiter limiter() {
        return context.getBean(ProviderRateLimiter.class);
    }

    KeyStatus status(String provider, String user) {
        return limiter().status(provider, user).blockOptional().orElseThrow();
    }

    /** How many permits of a key's shortest window are spent, as the limiter itself says. */
    int used(String provider, String user) {
        return used(status(provider, user));
    }

    /** The same of the key that a provider's users without a name share. */
    int usedByNobody(String provider) {
        return used(limiter().status(provider, null).blockOptional().orElseThrow());
    }

    private static int used(KeyStatus status) {
        LimitUsage shortest = status.usage().get(0);
        return shortest.used();
    }

    @Override
    public void close() {
        context.close();
    }
}
