package io.github.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.github.headgate.Key;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.security.autoconfigure.ReactiveUserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.actuate.web.reactive.ReactiveManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.reactive.ReactiveOAuth2ResourceServerAutoConfiguration;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.web.reactive.ReactiveOAuth2ResourceServerWebSecurityAutoConfiguration;
import org.springframework.boot.web.context.reactive.StandardReactiveWebEnvironment;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

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

    /** What Kubernetes sets in every container; the last is for a service that happens to be called headgate. */
    static final Map<String, Object> ON_KUBERNETES = Map.of(
            "KUBERNETES_SERVICE_HOST", "10.96.0.1",
            "KUBERNETES_SERVICE_PORT", "443",
            "HEADGATE_PORT", "tcp://10.96.0.7:80",
            "HEADGATE_SERVICE_HOST", "10.96.0.7");

    /** A plain application, and what the given classes add to it. */
    static TestGateway start(String yaml, Class<?>... more) {
        List<Class<?>> sources = new ArrayList<>(List.of(more));
        sources.add(Plain.class);
        return new Application(sources.toArray(Class<?>[]::new)).start(yaml);
    }

    /** An application that is still to be run. */
    static final class Application {

        private final SpringApplication application;
        private final List<String> arguments = new ArrayList<>(List.of(
                "--spring.main.banner-mode=off",
                "--spring.main.web-application-type=reactive",
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--logging.level.root=warn",
                "--logging.level.io.github.headgate=info",
                "--management.endpoints.web.exposure.include=health,metrics",
                "--management.endpoint.health.show-details=always",
                "--management.health.redis.enabled=false"));

        Application(Class<?>... sources) {
            application = new SpringApplication(sources);
        }

        /** Adds arguments, each in place of one of the same name. */
        Application withArguments(String... more) {
            for (String each : more) {
                String name = each.substring(0, each.indexOf('=') + 1);
                arguments.removeIf(present -> present.startsWith(name));
                arguments.add(each);
            }
            return this;
        }

        /** Runs as if these were set beside the ones that are. */
        Application withEnvironmentVariables(Map<String, Object> variables) {
            Map<String, Object> all = new HashMap<>(System.getenv());
            all.putAll(variables);
            String name = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
            StandardReactiveWebEnvironment environment = new StandardReactiveWebEnvironment();
            environment.getPropertySources().replace(name, new SystemEnvironmentPropertySource(name, all));
            application.setEnvironment(environment);
            return this;
        }

        TestGateway start(String yaml) {
            return new TestGateway(run(yaml));
        }

        /** Runs it as {@code main} would, the YAML being its only file; throws what stops it. */
        ConfigurableApplicationContext run(String yaml) {
            try {
                Path file = Files.createTempFile("headgate", ".yaml");
                try {
                    Files.writeString(file, yaml);
                    withArguments("--spring.config.location=" + file.toUri());
                    return application.run(arguments.toArray(String[]::new));
                } finally {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
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

    int used(Key key) {
        return used(limiter().status(key).blockOptional().orElseThrow());
    }

    private static int used(KeyStatus status) {
        LimitUsage shortest = status.usage().get(0);
        return shortest.used();
    }

    /** Returns when the health detail says who decides, {@code shared} or {@code local}, and the metric too. */
    void awaitDecisions(String decisions) {
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> {
                    assertThat(get("/actuator/health").body())
                            .contains("\"decisions\":\"" + decisions + '"', "\"store\":\"redis\"");
                    assertThat(metric("headgate.store.shared")).isEqualTo(decisions.equals("shared") ? 1 : 0);
                });
    }

    /** The one value of a metric. */
    double metric(String name) {
        String body = get("/actuator/metrics/" + name).body();
        Matcher value = Pattern.compile("\"value\":([0-9.E]+)").matcher(body);
        assertThat(value.find()).as(body).isTrue();
        return Double.parseDouble(value.group(1));
    }

    @Override
    public void close() {
        context.close();
    }
}
