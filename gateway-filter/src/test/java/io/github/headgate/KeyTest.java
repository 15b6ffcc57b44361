package io.github.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTest {

    @Test
    void textNamesTheProviderAndTheUser() {
        assertThat(Key.of("openai", "alice")).hasToString("openai:alice");
        assertThat(Key.of("openai", null)).hasToString("openai");
        assertThat(new Key("openai", UserId.ip("2001:db8::1"))).hasToString("openai:ip=2001:db8::1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "OpenAI", ".openai", "open ai", "open:ai", "{openai}", "openai\n", "-"})
    void malformedProviderIsRefused(String provider) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Key.of(provider, "alice"))
                .withMessageContaining("[a-z0-9][a-z0-9._-]*")
                .withMessageContaining("\"" + provider + "\"");
    }

    @Test
    void aKeyIsFoundAgainByItsTextAndNoTwoShareIt() {
        Random random = new Random(13);
        Map<String, Key> seen = new HashMap<>();
        for (int i = 0; i < 50_000; i++) {
            String raw = random.ints(random.nextInt(20), 0, 0x250)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            UserId user = switch (random.nextInt(5)) {
                case 0 -> null;
                case 1 -> UserId.ip(random.nextInt(256) + ":" + random.nextInt(256) + "::1%eth0");
                case 2 -> UserId.unverifiedHeader(raw);
                default -> UserId.of(raw);
            };
            Key key = new Key(random.nextBoolean() ? "openai" : "x.y_z-" + random.nextInt(3), user);

            Key before = seen.put(key.toString(), key);

            assertThat(Key.parse(key.toString())).isEqualTo(key);
            assertThat(before == null ? key : before).isEqualTo(key);
        }
    }
}
