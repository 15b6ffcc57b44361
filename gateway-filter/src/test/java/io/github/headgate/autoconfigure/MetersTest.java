package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Key;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.metrics.HeadgateMeter;
import io.github.headgate.testing.TestRedis;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.context.ApplicationContext;

/** The meters of an application, and what is written of them. */
class MetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private void run(ApplicationContext context) {
        context.getBeansOfType(MeterBinder.class).values().forEach(it -> it.bindTo(registry));
        ProviderRateLimiter limiter = context.getBean(ProviderRateLimiter.class);
        for (int i = 0; i < 3; i++) {
            assertThat(limiter.check("openai", "secret-user").block(Duration.ofSeconds(10)))
                    .isNotNull();
        }
        assertThat(limiter.acquire("openai", "secret-user", Duration.ofSeconds(30))
                        .block(Duration.ofSeconds(10)))
                .isNotNull();
        assertThat(limiter.shadow(Key.of("openai", "secret-user"), null, 1, Duration.ZERO)
                        .block(Duration.ofSeconds(10)))
                .isNotNull();
    }

    private Stream<Meter> meters() {
        return registry.getMeters().stream().filter(it -> it.getId().getName().startsWith("headgate"));
    }

    @Test
    void everyMeterIsThereAsDocumentedAndNoOther() {
        try (TestRedis redis = TestRedis.start()) {
            StartUp.runner()
                    .withBean(SimpleMeterRegistry.class, () -> registry)
                    .withPropertyValues(
                            "spring.data.redis.url=" + redis.url(),
                            "headgate.providers.openai.requests-per-minute=60",
                            "headgate.providers.openai.burst-capacity=1")
                    .run(this::run);
        }

        assertThat(meters().map(it -> it.getId().getName()).collect(Collectors.toSet()))
                .isEqualTo(Stream.of(HeadgateMeter.values())
                        .map(HeadgateMeter::meterName)
                        .collect(Collectors.toSet()));
        assertThat(meters()).allSatisfy(meter -> {
            HeadgateMeter documented = Stream.of(HeadgateMeter.values())
                    .filter(it -> it.meterName().equals(meter.getId().getName()))
                    .findFirst()
                    .orElseThrow();
            assertThat(meter.getId().getType()).isEqualTo(documented.type());
            assertThat(meter.getId().getDescription()).isEqualTo(documented.description());
            assertThat(meter.getId().getTags())
                    .extracting(Tag::getKey)
                    .containsExactlyInAnyOrderElementsOf(documented.tags());
        });
    }

    @Test
    void decisionsSayWhichStoreMadeThem() {
        try (TestRedis redis = TestRedis.start()) {
            StartUp.runner()
                    .withBean(SimpleMeterRegistry.class, () -> registry)
                    .withPropertyValues("spring.data.redis.url=" + redis.url(), "headgate.redis.timeout=1s")
                    .run(context -> {
                        run(context);
                        double shared = decisions("shared");
                        redis.kill();
                        run(context);

                        assertThat(shared).isEqualTo(4);
                        assertThat(decisions("shared")).isEqualTo(4);
                        assertThat(decisions("local")).isEqualTo(4);
                    });
        }
    }

    private double decisions(String store) {
        return registry.find("headgate.decisions").tag("store", store).counters().stream()
                .mapToDouble(it -> it.count())
                .sum();
    }

    @Test
    void noTagHoldsAnythingButAFewKnownWords() {
        StartUp.runner()
                .withBean(SimpleMeterRegistry.class, () -> registry)
                .withPropertyValues("headgate.users.secret-user.requests-per-minute=2")
                .run(context -> {
                    run(context);
                    ProviderRateLimiter limiter = context.getBean(ProviderRateLimiter.class);
                    assertThat(limiter.check("secret-user", "secret-user").block(Duration.ofSeconds(10)))
                            .isNotNull();
                });

        Set<String> allowed = new HashSet<>(Set.of("granted", "waited", "denied", "shared", "local", "none", "other"));
        allowed.addAll(List.of("minute", "hour", "day", "burst", "closed", "open"));
        allowed.addAll(List.of("openai", "claude", "deepseek", "glm", "deepinfra"));
        assertThat(meters().flatMap(it -> it.getId().getTags().stream()).map(Tag::getValue))
                .isNotEmpty()
                .isSubsetOf(allowed);
    }

    @Test
    void withoutARegistryEverythingDecidesAllTheSame() {
        StartUp.runner().run(context -> {
            run(context);
            assertThat(registry.find("headgate.decisions").counter()).isNull();
        });
    }

    @Test
    void readmeHasARowForEachMeterAndNoOther() throws IOException {
        List<String> rows = Files.readAllLines(Path.of("..", "README.md")).stream()
                .filter(line -> line.startsWith("| `headgate.") && line.matches(".*\\| (counter|gauge|timer) \\|.*"))
                .toList();

        assertThat(rows)
                .containsExactlyElementsOf(
                        Stream.of(HeadgateMeter.values()).map(MetersTest::row).toList());
    }

    private static String row(HeadgateMeter meter) {
        String tags = meter.tags().stream().map(it -> "`" + it + "`").collect(Collectors.joining(", "));
        return "| `%s` | %s | %s | %s |"
                .formatted(
                        meter.meterName(),
                        meter.type().name().toLowerCase(Locale.ROOT),
                        tags.isEmpty() ? "none" : tags,
                        meter.description());
    }
}
