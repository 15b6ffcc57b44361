package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.gateway.event.RefreshRoutesEvent;
import org.springframework.cloud.gateway.filter.FilterDefinition;
import org.springframework.cloud.gateway.handler.predicate.PredicateDefinition;
import org.springframework.cloud.gateway.route.RouteDefinition;
import org.springframework.cloud.gateway.route.RouteDefinitionWriter;
import reactor.core.publisher.Mono;

/** Routes that appear while the gateway runs. */
@ExtendWith(OutputCaptureExtension.class)
class LateRouteTest {

    @Test
    void oneThatCannotWorkIsRefusedAndLoggedAndTheOthersWork(CapturedOutput output) {
        WireMockServer upstream = TestGateway.upstream();
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
        try (TestGateway gateway = TestGateway.start(TestGateway.routes(upstream, "openai"))) {
            save(gateway, late(upstream, "wrong-name", Map.of("provider", "openai", "wait", "20s")));
            save(gateway, late(upstream, "wrong-value", Map.of("provider", "gpt")));
            save(gateway, late(upstream, "wrong-source", Map.of("provider", "openai", "user", "claim:sub")));
            save(gateway, late(upstream, "right", Map.of("provider", "claude", "permits", "2")));

            gateway.context().publishEvent(new RefreshRoutesEvent(this));

            assertThat(gateway.get("/wrong-name").statusCode()).isEqualTo(404);
            assertThat(gateway.get("/wrong-value").statusCode()).isEqualTo(404);
            assertThat(gateway.get("/wrong-source").statusCode()).isEqualTo(404);
            assertThat(gateway.get("/right").body()).isEqualTo("fine");
            assertThat(gateway.get("/openai/chat").body()).isEqualTo("fine");
            assertThat(gateway.usedByNobody("claude")).isEqualTo(2);
            assertThat(output)
                    .contains("Route refused, the others stay in force: route \"wrong-name\", filter"
                            + " ProviderRateLimit, argument wait: \"20s\" is not allowed; allowed arguments are"
                            + " provider, user,")
                    .contains("route \"wrong-value\", filter ProviderRateLimit, argument provider: \"gpt\" is not"
                            + " allowed; allowed are claude, deepinfra, deepseek, glm, openai")
                    .contains("route \"wrong-source\", filter ProviderRateLimit, argument user: \"claim:sub\" is not"
                            + " allowed; a claim is read from a verified token only");
        } finally {
            upstream.stop();
        }
    }

    private static void save(TestGateway gateway, RouteDefinition route) {
        gateway.context()
                .getBean(RouteDefinitionWriter.class)
                .save(Mono.just(route))
                .block();
    }

    private static RouteDefinition late(WireMockServer upstream, String id, Map<String, String> arguments) {
        FilterDefinition filter = new FilterDefinition();
        filter.setName("ProviderRateLimit");
        filter.setArgs(arguments);
        RouteDefinition route = new RouteDefinition();
        route.setId(id);
        route.setUri(URI.create(upstream.baseUrl()));
        route.setPredicates(List.of(new PredicateDefinition("Path=/" + id)));
        route.setFilters(List.of(filter));
        return route;
    }
}
