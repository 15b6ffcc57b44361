package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.test.simple.SimpleSpan;
import io.micrometer.tracing.test.simple.SimpleTracer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A tracer in the application is all it takes: what it collects of a whole gateway. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TracedDecisionTest {

    private final WireMockServer upstream = TestGateway.upstream();
    private final TestGateway gateway = TestGateway.start(
            "headgate.providers.openai.requests-per-minute: 1\n" + TestGateway.routes(upstream, "openai"),
            Tracing.class);
    private final SimpleTracer tracer = gateway.context().getBean(SimpleTracer.class);

    @Configuration(proxyBeanMethods = false)
    static class Tracing {

        @Bean
        SimpleTracer tracer() {
            return new SimpleTracer();
        }

        @Bean
        ObservationHandler<Observation.Context> spans(Tracer tracer) {
            return new DefaultTracingObservationHandler(tracer);
        }
    }

    @BeforeAll
    void stub() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.stop();
    }

    @Test
    void eachDecisionIsASpanInTheTraceOfItsExchange() {
        gateway.get("/openai/chat", "X-User-Id", "alice");
        gateway.get("/openai/chat", "X-User-Id", "alice");

        await().until(() -> ended("http get").size() == 2);
        List<SimpleSpan> exchanges = ended("http get");
        List<SimpleSpan> decisions = ended("rate limit openai");
        assertThat(exchanges).extracting(it -> it.getTags().get("status")).containsExactly("200", "429");
        assertThat(decisions).hasSize(2);
        for (int i = 0; i < 2; i++) {
            assertThat(decisions.get(i).context().traceId())
                    .isEqualTo(exchanges.get(i).context().traceId());
            assertThat(decisions.get(i).context().parentId())
                    .isEqualTo(exchanges.get(i).context().spanId());
        }
        assertThat(decisions.get(0).getTags())
                .containsEntry("provider", "openai")
                .containsEntry("outcome", "granted")
                .doesNotContainKey("retry-after-ms");
        assertThat(decisions.get(1).getTags())
                .containsEntry("provider", "openai")
                .containsEntry("outcome", "denied")
                .containsEntry("limit", "minute")
                .hasEntrySatisfying(
                        "retry-after-ms",
                        millis -> assertThat(Long.parseLong(millis)).isBetween(1L, 61_000L));
        assertThat(decisions.toString()).doesNotContain("alice");
    }

    private List<SimpleSpan> ended(String name) {
        return tracer.getSpans().stream()
                .filter(it -> it.getEndTimestamp().toEpochMilli() > 0)
                .filter(it -> it.getName().startsWith(name))
                .toList();
    }
}
