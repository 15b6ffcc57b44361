package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.UserId;
import io.github.headgate.metrics.DenialLog;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Whether start-up, its warnings and denials name users. */
@ExtendWith(OutputCaptureExtension.class)
class UserIdsInLogsTest {

    private final Logger denials = (Logger) LoggerFactory.getLogger(DenialLog.class);

    @BeforeEach
    void listen() {
        denials.setLevel(Level.DEBUG);
    }

    @AfterEach
    void stop() {
        denials.setLevel(null);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isOneSettingForAll(boolean userIds, CapturedOutput output) {
        StartUp.runner()
                .withPropertyValues(
                        "headgate.log-user-ids=" + userIds,
                        "headgate.users.alice.requests-per-minute=1",
                        "headgate.users.alice.requests-per-hour=100",
                        "headgate.users.alice.providers.claude.requests-per-minute=1",
                        "headgate.users.alice.providers.claude.requests-per-day=2000")
                .run(context -> {
                    ProviderRateLimiter limiter = context.getBean(ProviderRateLimiter.class);
                    limiter.check("openai", "alice", 2).block(Duration.ofSeconds(10));
                });

        String digest = UserId.of("alice").digested();
        String shown = userIds ? "alice" : digest;
        String entry = userIds ? ".alice" : '[' + digest + ']';
        assertThat(output)
                .contains(
                        "Headgate rule: user " + shown + ": 1/min",
                        "headgate.users" + entry + ".requests-per-hour 100 can never bind",
                        "headgate.users" + entry + ".providers.claude.requests-per-day 2000 can never bind",
                        "Denied: provider=openai user=" + shown);
        assertThat(output).doesNotContain(userIds ? digest : "alice");
    }
}
