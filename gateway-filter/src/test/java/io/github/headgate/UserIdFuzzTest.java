package io.github.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.testing.InputFuzzer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Any text is some user's id: short, harmless, his alone, and read back as it is written. */
class UserIdFuzzTest extends InputFuzzer {

    private static final int REMEMBERED = 100_000;
    private static final List<String> PIECES = List.of(
            "alice",
            "x".repeat(63),
            "Bob.B_c-d@example.com",
            "ip=",
            "header=",
            "overflow=",
            "=",
            "#",
            "#FBugck8ezSXJTLIvwFogEx",
            "2001:db8::1%eth0",
            "192.0.2.1",
            ":",
            "{openai:alice}",
            "auth0|42",
            "\r\nX-Evil: 1",
            "\0",
            "\u001b[31m",
            "\u00fc",
            "\ud83d\ude00",
            "\ud83d",
            "\ude00");

    private final Map<UserId, String> owners = new HashMap<>();

    @Override
    protected void attempt(RandomGenerator random) {
        String raw = text(random, PIECES);
        UserId own = UserId.of(raw);
        List<UserId> ids = List.of(own, UserId.ip(raw), UserId.unverifiedHeader(raw), UserId.parse(raw));

        for (UserId id : ids) {
            String text = id.toString();
            assertThat(text).matches("((ip|header)=)?[A-Za-z0-9._@:%#-]{1,64}|overflow=");
            assertThat(UserId.parse(text)).isEqualTo(id);
            assertThat(Key.parse(new Key("openai", id).toString())).isEqualTo(new Key("openai", id));
            assertThat(UserId.parse(id.digested()).digested()).isEqualTo(id.digested());
        }
        assertThat(ids.subList(0, 3)).doesNotHaveDuplicates().doesNotContain(UserId.OVERFLOW);
        if (owners.size() < REMEMBERED) {
            String owner = owners.putIfAbsent(own, raw);
            assertThat(owner == null || owner.equals(raw))
                    .as("%s and %s are two users", owner, raw)
                    .isTrue();
        }
    }
}
