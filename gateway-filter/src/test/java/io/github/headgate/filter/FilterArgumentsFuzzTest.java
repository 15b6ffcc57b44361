package io.github.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.headgate.caller.SourceContext;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory.Config;
import io.github.headgate.testing.InputFuzzer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.filter.FilterDefinition;

/** Whatever a filter's arguments are, they mean settings in their ranges or are refused by name. */
class FilterArgumentsFuzzTest extends InputFuzzer {

    private static final FilterLocation LOCATION = FilterLocation.route("fuzzed");
    private static final List<String> NAMES = List.of(
            "provider",
            "user",
            "user.0",
            "user[1]",
            "missing-user",
            "missingUser",
            "mode",
            "max-wait",
            "MAX_WAIT",
            "permits",
            "dialect",
            "headers",
            "shadow",
            "_genkey_0",
            ".1",
            "[");
    private static final List<String> VALUES = List.of(
            "openai",
            "claude",
            "header:X-User-Id",
            "claim:sub",
            "principal",
            "ip",
            "bean:x",
            "wait",
            "reject",
            "true",
            "false",
            "20s",
            "60s",
            "61s",
            "1ms",
            "PT",
            "PT20S",
            "PT-1S",
            "P1D",
            "1.5s",
            "h",
            "us",
            "ns",
            "-",
            "+",
            "E9",
            "0",
            "9223372036854775807",
            "#{",
            "}",
            ",",
            " ",
            "\0",
            "\u0661");

    private final LimitingGatewayFilterFactory factory = new LimitingGatewayFilterFactory(
            new ScriptedLimiter(),
            new KnownProviders(),
            FilterDefaults.standard(),
            new SourceContext(0, Map.of(), source -> null));

    @Override
    protected void attempt(RandomGenerator random) {
        String name = random.nextInt(4) > 0 ? NAMES.get(random.nextInt(NAMES.size())) : text(random, NAMES);
        Settings settings = settings(name, text(random, VALUES));
        if (settings != null) {
            assertThat(settings.maxWait()).isBetween(Duration.ZERO, Duration.ofSeconds(60));
            assertThat(settings.permits()).isPositive();
        }

        int amount = random.nextInt(1, 61);
        Duration wait = random.nextBoolean() ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
        String written = random.nextBoolean()
                ? wait.toString()
                : wait.toMillis() < 1_000 ? wait.toMillis() + "ms" : wait.toSeconds() + "s";
        Settings read = settings("max-wait", written);
        assertThat(read).as(written).isNotNull();
        assertThat(read == null ? null : read.maxWait()).as(written).isEqualTo(wait);
    }

    private @Nullable Settings settings(String name, String value) {
        FilterDefinition definition = new FilterDefinition();
        definition.setName(ProviderRateLimitGatewayFilterFactory.NAME);
        definition.setArgs(Map.of(name, value));
        Settings[] settings = new Settings[1];
        Throwable refusal = catchThrowable(() -> {
            Config config = FilterArguments.read(definition, LOCATION);
            settings[0] = factory.settings(config, LOCATION);
        });
        if (refusal != null) {
            assertThat(refusal).isInstanceOf(FilterArgumentException.class).hasMessageContaining("fuzzed");
        }
        return settings[0];
    }
}
