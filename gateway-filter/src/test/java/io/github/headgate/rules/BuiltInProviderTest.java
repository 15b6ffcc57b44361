package io.github.headgate.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Rule;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BuiltInProviderTest {

    @ParameterizedTest
    @CsvSource({
        "glm,       60, 3000, 50000,  20, openai",
        "deepseek,  50, 2000, 40000,  15, openai",
        "claude,    50, 2000, 30000,  10, anthropic",
        "openai,    60, 3500, 100000, 20, openai",
        "deepinfra, 30, 1000, 20000,  10, openai",
    })
    void hasTheseNumbers(String name, int minute, int hour, int day, int burst, String dialect) {
        BuiltInProvider provider = Objects.requireNonNull(BuiltInProvider.named(name));

        assertThat(provider.rule()).isEqualTo(Rule.of(minute, hour, day, burst));
        assertThat(provider.dialect()).isEqualTo(dialect);
    }

    @Test
    void thereAreFive() {
        assertThat(BuiltInProvider.names()).containsExactly("glm", "deepseek", "claude", "openai", "deepinfra");
        assertThat(BuiltInProvider.named("OpenAI")).isNull();
    }
}
