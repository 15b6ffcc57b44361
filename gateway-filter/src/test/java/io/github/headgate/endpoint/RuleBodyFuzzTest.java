package io.github.headgate.endpoint;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.headgate.Rule;
import io.github.headgate.endpoint.RuleBody.WrongInput;
import io.github.headgate.rules.RuleBook;
import io.github.headgate.rules.RuleKind;
import io.github.headgate.testing.InputFuzzer;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Whatever the body of a rule change is, it says what to set, or is refused with the field that is wrong. */
class RuleBodyFuzzTest extends InputFuzzer {

    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\\u0000",
            "\\ud83d",
            "null",
            "true",
            "{}",
            "0",
            "1",
            "-1",
            "1e9",
            "1E99999999",
            "2147483648",
            "9223372036854775808",
            "0.5",
            " ",
            "\ufeff",
            "\u00fc",
            "\"tier\":\"free\"",
            "\"tier\":7",
            "\"version\":3",
            "\"requestsPerMinute\":60",
            "\"requestsPerHour\":",
            "\"burstCapacity\":10",
            "\"requestsPerMinute\":60,\"requestsPerMinute\":61",
            "\"no\":1",
            "/*",
            "#",
            "NaN");

    private final RuleBook book = RuleBook.builder(Rule.of(1, 1, 1, 1))
            .tier("free", Rule.of(1, 1, 1, 1), Map.of())
            .build();

    @Override
    protected void attempt(RandomGenerator random) {
        String text = text(random, PIECES);
        byte[] body = (random.nextBoolean() ? "{" + text + "}" : text).getBytes(charset(random));
        if (random.nextInt(8) == 0 && body.length > 0) {
            body[random.nextInt(body.length)] = (byte) random.nextInt(256);
        }
        RuleKind kind = RuleKind.values()[random.nextInt(RuleKind.values().length)];

        RuleBody set = readOrRefuse(() -> RuleBody.toSet(kind, body, book), body);
        if (set != null) {
            assertThat(set.rule() == null).isNotEqualTo(set.tier() == null);
            assertThat(set.version() == null || set.version() >= 0).isTrue();
        }
        RuleBody cleared = readOrRefuse(() -> RuleBody.toClear(body), body);
        assertThat(cleared == null || (cleared.rule() == null && cleared.tier() == null))
                .isTrue();

        Rule rule = new Rule(
                random.nextInt(1, Integer.MAX_VALUE), null, random.nextInt(1, 100), random.nextInt(1, 100_000_001));
        String json = "{\"requestsPerMinute\":%d,\"requestsPerDay\":%d,\"burstCapacity\":%d}"
                .formatted(rule.requestsPerMinute(), rule.requestsPerDay(), rule.burstCapacity());
        assertThat(RuleBody.toSet(kind, json.getBytes(UTF_8), book)).isEqualTo(new RuleBody(rule, null, null));
    }

    private static Charset charset(RandomGenerator random) {
        return switch (random.nextInt(12)) {
            case 0 -> UTF_16;
            case 1 -> Charset.forName("UTF-32");
            default -> UTF_8;
        };
    }

    private interface Reading {
        RuleBody read();
    }

    private static @Nullable RuleBody readOrRefuse(Reading reading, byte[] body) {
        RuleBody[] read = new RuleBody[1];
        Throwable refusal = catchThrowable(() -> read[0] = reading.read());
        if (refusal != null) {
            assertThat(refusal).isInstanceOf(WrongInput.class);
            Problem problem = ((WrongInput) refusal).problem();
            assertThat(problem.status()).isEqualTo(400);
            assertThat(problem.detail()).hasSizeLessThan(200);
            assertThat(String.valueOf(problem.field())).hasSizeLessThan(body.length + 20);
        }
        return read[0];
    }
}
