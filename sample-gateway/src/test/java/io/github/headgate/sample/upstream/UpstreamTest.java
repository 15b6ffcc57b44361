package io.github.headgate.sample.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.headgate.sample.StartedSample;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** The sample with its environment variables set, in front of a server that stands for the real provider. */
@ExtendWith(OutputCaptureExtension.class)
class UpstreamTest {

    private static final String KEY = "sk-the-gateways-own";

    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();
    private DisposableServer provider;

    private record Seen(
            String uri,
            @Nullable String host,
            @Nullable String authorization,
            @Nullable String xApiKey) {}

    @BeforeEach
    void startProvider() {
        provider = HttpServer.create()
                .host("127.0.0.1")
                .handle((request, response) -> {
                    seen.add(new Seen(
                            request.uri(),
                            request.requestHeaders().get("Host"),
                            request.requestHeaders().get("Authorization"),
                            request.requestHeaders().get("x-api-key")));
                    return response.sendString(Mono.just("real"));
                })
                .bindNow();
    }

    @AfterEach
    void stopProvider() {
        provider.disposeNow();
    }

    @Test
    void baseUrlLeadsARouteToItsProviderWithPathAndQuery() throws Exception {
        try (StartedSample gateway = StartedSample.with(
                baseUrl("OPENAI"), baseUrl("ANTHROPIC"), baseUrl("DEEPSEEK"), baseUrl("GLM"), baseUrl("DEEPINFRA"))) {
            for (String route : List.of("openai", "claude", "deepseek", "glm", "deepinfra")) {
                assertThat(get(gateway, "/" + route + "/v1/models?after=a%2Fb%20c"))
                        .isEqualTo("real");

                Seen request = nextSeen();
                assertThat(request.uri()).isEqualTo("/v1/models?after=a%2Fb%20c");
                assertThat(request.host()).isEqualTo("127.0.0.1:" + provider.port());
            }
        }
    }

    @Test
    void keyReplacesTheCallersAsBearer() throws Exception {
        Map<String, String> routes =
                Map.of("OPENAI", "openai", "DEEPSEEK", "deepseek", "GLM", "glm", "DEEPINFRA", "deepinfra");
        String[] arguments = routes.keySet().stream()
                .flatMap(prefix -> Stream.of(baseUrl(prefix), "--" + prefix + "_API_KEY=" + KEY + prefix))
                .toArray(String[]::new);
        try (StartedSample gateway = StartedSample.with(arguments)) {
            for (Map.Entry<String, String> each : routes.entrySet()) {
                get(gateway, "/" + each.getValue() + "/v1/models");

                Seen request = nextSeen();
                assertThat(request.authorization()).isEqualTo("Bearer " + KEY + each.getKey());
                assertThat(request.xApiKey()).isNull();
            }
        }
    }

    @Test
    void keyReplacesTheCallersAsXApiKey() throws Exception {
        try (StartedSample gateway = StartedSample.with(baseUrl("ANTHROPIC"), "--ANTHROPIC_API_KEY= " + KEY + "\n")) {
            get(gateway, "/claude/v1/models");

            Seen request = nextSeen();
            assertThat(request.xApiKey()).isEqualTo(KEY);
            assertThat(request.authorization()).isNull();
        }
    }

    @Test
    void callersCredentialsGoOnWhereTheProviderHasNoKey() throws Exception {
        try (StartedSample gateway = StartedSample.with(baseUrl("GLM"), "--GLM_API_KEY=", "--OPENAI_API_KEY=" + KEY)) {
            get(gateway, "/glm/v1/models");

            Seen request = nextSeen();
            assertThat(request.authorization()).isEqualTo("Bearer callers");
            assertThat(request.xApiKey()).isEqualTo("callers");
        }
    }

    @Test
    void emptyVariablesLeaveTheStub() throws Exception {
        try (StartedSample gateway = StartedSample.with("--OPENAI_BASE_URL=", "--ANTHROPIC_BASE_URL=  ")) {
            assertThat(get(gateway, "/openai/v1/models")).contains("headgate-stub");
            assertThat(get(gateway, "/claude/v1/models")).contains("headgate-stub");
            assertThat(seen).isEmpty();
        }
    }

    @Test
    void badBaseUrlStopsTheStartWithItsNameValueAndWhatIsAllowed(CapturedOutput output) {
        assertThatThrownBy(() -> StartedSample.with("--OPENAI_BASE_URL=https://api.openai.com/v1"))
                .hasRootCauseInstanceOf(InvalidUpstreamException.class);

        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("OPENAI_BASE_URL is \"https://api.openai.com/v1\", which has a path;"
                        + " the gateway would drop it.")
                .contains("Set OPENAI_BASE_URL to scheme, host and port only")
                .doesNotContain("\tat ");
    }

    @Test
    void ownAddressStopsTheStart(CapturedOutput output) {
        assertThatThrownBy(() -> StartedSample.with("--server.port=8399", "--DEEPSEEK_BASE_URL=http://localhost:8399"))
                .hasRootCauseInstanceOf(InvalidUpstreamException.class);

        assertThat(output)
                .contains("DEEPSEEK_BASE_URL is \"http://localhost:8399\", which is this gateway's own address;"
                        + " requests would go round in circles.");
    }

    @Test
    void routeToAnUnknownUpstreamStopsTheStart(CapturedOutput output) {
        String routes = "--spring.cloud.gateway.server.webflux.routes[0].";
        assertThatThrownBy(() -> StartedSample.with(
                        routes + "id=mine", routes + "uri=upstream://mistral", routes + "predicates[0]=Path=/mine/**"))
                .hasRootCauseInstanceOf(InvalidUpstreamException.class);

        assertThat(output)
                .contains("Route \"mine\" leads to upstream://mistral, which is not there.")
                .contains("Lead it to upstream:// and one of openai, claude, deepseek, glm, deepinfra, or to a URL");
    }

    @Test
    void keyThatNoHeaderCanCarryStopsTheStartUnseen(CapturedOutput output) {
        assertThatThrownBy(() -> StartedSample.with("--GLM_API_KEY=sk-with\nnewline"))
                .hasRootCauseInstanceOf(InvalidUpstreamException.class);

        assertThat(output)
                .contains("GLM_API_KEY holds a character that an HTTP header cannot carry (its value is not shown).")
                .contains("Set GLM_API_KEY to the provider's key")
                .doesNotContain("sk-with");
    }

    @Test
    void keyIsNeverLogged(CapturedOutput output) throws Exception {
        try (StartedSample gateway = StartedSample.with(
                baseUrl("OPENAI"),
                "--OPENAI_API_KEY=" + KEY,
                "--logging.level.io.github.headgate=TRACE",
                "--logging.level.reactor.netty=TRACE",
                "--logging.level.org.springframework.web=TRACE",
                "--logging.level.org.springframework.cloud.gateway=TRACE")) {
            get(gateway, "/openai/v1/models");

            assertThat(nextSeen().authorization()).contains(KEY);
            assertThat(gateway.context().getBean(Upstreams.class).toString()).doesNotContain(KEY);
        }
        assertThat(output).doesNotContain(KEY);
    }

    private String baseUrl(String prefix) {
        return "--" + prefix + "_BASE_URL=http://127.0.0.1:" + provider.port();
    }

    private static String get(StartedSample gateway, String path) throws Exception {
        return gateway.get(path, "Authorization", "Bearer callers", "x-api-key", "callers")
                .body();
    }

    private Seen nextSeen() throws InterruptedException {
        Seen next = seen.poll(5, TimeUnit.SECONDS);
        assertThat(next).isNotNull();
        return next;
    }
}
