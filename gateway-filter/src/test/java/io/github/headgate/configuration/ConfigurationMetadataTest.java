package io.github.headgate.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an IDE shows of each property. */
class ConfigurationMetadataTest {

    private JsonNode metadata = JsonMapper.builder().build().createObjectNode();

    @BeforeEach
    void read() throws IOException {
        try (InputStream in = Objects.requireNonNull(
                HeadgateProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json"))) {
            metadata = JsonMapper.builder().build().readTree(in);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "enabled, true",
        "store, auto",
        "key-prefix, rate_limit",
        "user, header:X-User-Id",
        "tier,",
        "missing-user, shared",
        "trusted-hops, 0",
        "mode, reject",
        "max-wait, 30s",
        "max-waiting, 10000",
        "max-waiting-per-key, 100",
        "headers, true",
        "no-retry-above, 60s",
        "log-user-ids, true",
        "default-rule.requests-per-minute, 60",
        "default-rule.requests-per-hour, 1000",
        "default-rule.requests-per-day, 10000",
        "default-rule.burst-capacity, 10",
        "providers,",
        "tiers,",
        "users,",
        "redis.timeout, 100ms",
        "redis.on-failure, local",
        "redis.expected-gateways, 1",
        "local.max-keys, 100000",
    })
    void everyPropertyHasADescriptionAndItsDefault(String name, @Nullable String defaultValue) {
        JsonNode property = property("headgate." + name);

        assertThat(property.path("description").asString()).endsWith(".");
        if (defaultValue != null) {
            JsonNode value = property.path("defaultValue");
            assertThat((value.isArray() ? value.path(0) : value).asString()).isEqualTo(defaultValue);
        }
    }

    @Test
    void everyPropertyIsTested() {
        assertThat(metadata.path("properties")
                        .valueStream()
                        .filter(it -> it.path("name").asString().startsWith("headgate.")))
                .hasSize(25);
    }

    private JsonNode property(String name) {
        return metadata.path("properties")
                .valueStream()
                .filter(it -> it.path("name").asString().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no property " + name));
    }
}
