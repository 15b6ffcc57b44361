package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreState;
import io.github.headgate.testing.TestRedis;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;

/** What operators see of which store decides. */
@ExtendWith(OutputCaptureExtension.class)
class StoreVisibilityTest {

    private static Map<String, Object> details(ApplicationContext context) {
        Health health = Objects.requireNonNull(context.getBean("headgateHealthIndicator", HealthIndicator.class)
                .health());
        assertThat(health.getStatus()).isEqualTo(Status.UP);
        return health.getDetails();
    }

    private static double shared(ApplicationContext context) {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        context.getBean("headgateMetrics", MeterBinder.class).bindTo(registry);
        return registry.get("headgate.store.shared").gauge().value();
    }

    private static long lines(CapturedOutput output, String text) {
        return output.toString().lines().filter(line -> line.contains(text)).count();
    }

    @Test
    void aGatewayWithoutRedisSaysThatItDecidesAlone() {
        StartUp.runner().run(context -> {
            assertThat(details(context)).containsEntry("store", "local").containsEntry("decisions", "local");
            assertThat(shared(context)).isZero();
        });
    }

    @Test
    void anOutageShowsInHealthInAMetricAndInOneLineForEachChange(CapturedOutput output) {
        try (TestRedis server = TestRedis.start()) {
            StartUp.runner()
                    .withPropertyValues("spring.data.redis.url=" + server.url(), "headgate.redis.timeout=500ms")
                    .run(context -> {
                        FailoverStore store = context.getBean(FailoverStore.class);
                        ProviderRateLimiter limiter = context.getBean(ProviderRateLimiter.class);
                        assertThat(details(context))
                                .containsEntry("store", "redis")
                                .containsEntry("decisions", "shared")
                                .containsEntry("breaker", "closed")
                                .containsEntry("pendingCharges", 0);
                        assertThat(shared(context)).isEqualTo(1);
                        Instant before = Instant.now();

                        server.kill();
                        for (int i = 0; i < 50; i++) {
                            limiter.check("any", "user-" + i).block(Duration.ofSeconds(10));
                        }

                        assertThat(details(context))
                                .containsEntry("store", "redis")
                                .containsEntry("decisions", "local")
                                .containsEntry("breaker", "open")
                                .containsEntry("pendingCharges", 50);
                        assertThat(Instant.parse((String) details(context).get("since")))
                                .isBetween(before, Instant.now());
                        assertThat(shared(context)).isZero();
                        assertThat(lines(output, "Redis fails")).isEqualTo(1);
                        assertThat(lines(output, "Redis answers")).isZero();

                        server.restart();
                        await().until(() -> store.state().mode() == StoreState.Mode.SHARED);

                        assertThat(details(context)).containsEntry("decisions", "shared");
                        assertThat(shared(context)).isEqualTo(1);
                        assertThat(lines(output, "Redis fails")).isEqualTo(1);
                        assertThat(lines(output, "Redis answers")).isEqualTo(1);
                    });
        }
    }
}
