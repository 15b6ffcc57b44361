package io.github.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserIdTest {

    private static final String PIECES = "aZ09._@-=#:{}%/ \t\n\u0000\u007f\u00e9\u4e2d\ud83d\ude00\ud83d\ude00ipheader";

    @ParameterizedTest
    @ValueSource(strings = {"alice", "Alice.B_c-d@example.com", "0", "-", "..."})
    void plainIdStandsAsItIs(String raw) {
        assertThat(UserId.of(raw)).hasToString(raw);
    }

    @Test
    void sixtyFourCharactersStandAsTheyAreAndOneMoreIsDigested() {
        assertThat(UserId.of("x".repeat(64))).hasToString("x".repeat(64));
        assertThat(UserId.of("x".repeat(65)).toString()).matches("#[A-Za-z0-9_-]{22}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "auth0|42",
                "a b",
                "a:b",
                "{a}",
                "a\u0000",
                "\n",
                "\u00e9",
                "\ud83d\ude00",
                "\ud83d",
                "ip=1.2.3.4",
                "header=x",
                "overflow=",
                "#",
                "=",
                "a/b"
            })
    void anyOtherIdIsDigested(String raw) {
        assertThat(UserId.of(raw).toString()).matches("#[A-Za-z0-9_-]{22}");
    }

    @Test
    void theDigestIsTheStartOfSha256InBase64Url() {
        // printf 'auth0|42' | openssl dgst -sha256 -binary | base64 | tr '/+' '_-' | head -c 22
        assertThat(UserId.of("auth0|42")).hasToString("#FBugck8ezSXJTLIvwFogEx");
    }

    @Test
    void idsMadeToLookLikeAnotherKindShareNothingWithIt() {
        List<UserId> real =
                List.of(UserId.ip("1.2.3.4"), UserId.unverifiedHeader("x"), UserId.OVERFLOW, UserId.of("auth0|42"));

        for (UserId each : real) {
            assertThat(UserId.of(each.toString())).isNotEqualTo(each);
            assertThat(UserId.unverifiedHeader(each.toString())).isNotEqualTo(each);
            assertThat(UserId.ip(each.toString())).isNotEqualTo(each);
        }
    }

    @Test
    void anEightKilobyteIdIsAsShortAsAnyOther() {
        assertThat(UserId.of("k".repeat(8_192)).toString()).hasSize(23);
        assertThat(UserId.unverifiedHeader("k".repeat(8_192)).toString()).hasSize(30);
        assertThat(UserId.ip("k".repeat(8_192)).toString()).hasSize(26);
    }

    @Test
    void idsWithDifferentLoneSurrogatesStayApart() {
        assertThat(UserId.of("\ud83d")).isNotEqualTo(UserId.of("\ud83e")).isNotEqualTo(UserId.of("?"));
    }

    @Test
    void noTwoIdsOfWhateverKindAreOne() {
        Random random = new Random(7);
        Map<UserId, String> seen = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            String raw = raw(random);
            int kind = random.nextInt(3);
            UserId id = kind == 0 ? UserId.of(raw) : kind == 1 ? UserId.unverifiedHeader(raw) : UserId.ip(raw);

            String before = seen.put(id, kind + raw);

            if (before != null) {
                assertThat(before).as("both are %s", id).isEqualTo(kind + raw);
            }
            assertThat(id.toString()).hasSizeLessThanOrEqualTo(71).matches("[A-Za-z0-9._@=#:%-]+");
        }
    }

    @Test
    void anIdIsFoundAgainByItsText() {
        Random random = new Random(11);
        for (int i = 0; i < 50_000; i++) {
            String raw = raw(random);
            for (UserId id : List.of(UserId.of(raw), UserId.unverifiedHeader(raw), UserId.ip(raw))) {
                assertThat(UserId.parse(id.toString())).isEqualTo(id);
            }
        }
        assertThat(UserId.parse(UserId.OVERFLOW.toString())).isEqualTo(UserId.OVERFLOW);
    }

    private static String raw(Random random) {
        StringBuilder raw = new StringBuilder();
        if (random.nextInt(4) == 0) {
            raw.append(List.of("ip=", "header=", "overflow=", "#").get(random.nextInt(4)));
        }
        for (int length = random.nextInt(random.nextInt(10) == 0 ? 90 : 30); length > 0; length--) {
            raw.append(PIECES.charAt(random.nextInt(PIECES.length())));
        }
        return raw.toString();
    }

    @Test
    void digestedHidesTheIdAndKeepsItsPrefix() {
        assertThat(UserId.of("alice").digested()).matches("#[A-Za-z0-9_-]{22}");
        assertThat(UserId.ip("192.0.2.7").digested()).matches("ip=#[A-Za-z0-9_-]{22}");
        assertThat(UserId.unverifiedHeader("alice").digested())
                .isEqualTo("header=" + UserId.of("alice").digested());
        assertThat(UserId.of("org/7").digested()).isEqualTo(UserId.of("org/7").toString());
        assertThat(UserId.OVERFLOW.digested()).isEqualTo("overflow=");
    }
}
