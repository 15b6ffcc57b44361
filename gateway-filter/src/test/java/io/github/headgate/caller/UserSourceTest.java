package io.github.headgate.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserSourceTest {

    @ParameterizedTest
    @ValueSource(
            strings = {"header:X-User-Id", "claim:sub", "claim:https://example.com/plan", "principal", "ip", "bean:keys"
            })
    void sourceIsParsedAndPrintedAlike(String text) {
        assertThat(UserSource.parse(text)).hasToString(text);
    }

    @Test
    void whiteSpaceAroundTheTextAndTheNameIsIgnored() {
        assertThat(UserSource.parse(" header: X-User-Id ")).isEqualTo(new UserSource.Header("X-User-Id"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "header",
                "header:",
                "header: ",
                "header:X User",
                "header:X:Y",
                "claim",
                "claim:",
                "bean:",
                "Principal",
                "principal:x",
                "IP",
                "ip:1",
                "cookie:x",
                ":x",
                "X-User-Id"
            })
    void anythingElseIsRefusedWithItsTextAndWhatIsAllowed(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UserSource.parse(text))
                .withMessage(
                        "a user source is header:NAME, claim:NAME, principal, ip or bean:NAME, not \"" + text + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"claim:plan", "principal", "bean:keys"})
    void tierMayComeFromVerifiedSources(String text) {
        assertThat(UserSource.parseVerified(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"header:X-Plan", "ip"})
    void tierMayNotComeFromWhatCallersChoose(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> UserSource.parseVerified(text))
                .withMessage("a tier comes from a verified source, claim:NAME, principal or bean:NAME, not from \""
                        + text + "\"");
    }
}
