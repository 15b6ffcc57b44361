package io.github.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DialectTest {

    @ParameterizedTest
    @EnumSource
    void dialectIsParsedFromItsOwnLabel(Dialect dialect) {
        assertThat(Dialect.parse(dialect.label())).isEqualTo(dialect);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "OpenAI", "gemini", " openai"})
    void anythingElseIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Dialect.parse(text));
    }

    @Test
    void refusalNamesTheValueAndWhatIsAllowed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Dialect.parse("gemini"))
                .withMessage("a dialect is openai, anthropic or problem, not \"gemini\"");
    }
}
