package io.github.headgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class DenialLogTest {

    private static final LimitRequest BY_ALICE = new LimitRequest(Key.of("openai", "alice"), Rule.of(1, 2, 3, 4), 1, 0);

    private final Logger logger = (Logger) LoggerFactory.getLogger(DenialLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
        logger.setLevel(Level.DEBUG);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.setLevel(null);
    }

    private static void deny(DenialLog log, LimitRequest request) {
        log.told(
                request,
                new Decision.Denied(List.of(), LimitKind.HOUR, 1, 1_450L, Decision.Reason.OVER_LIMIT),
                Origin.SHARED);
    }

    @Test
    void denialIsOneLineWithItsPartsApart() {
        deny(new DenialLog(true), BY_ALICE);

        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.DEBUG);
            assertThat(line.getFormattedMessage())
                    .isEqualTo(
                            "Denied: provider=openai user=alice limit=hour permits=1 retry-after-ms=1450 reason=OVER_LIMIT");
            assertThat(line.getKeyValuePairs())
                    .extracting(Object::toString)
                    .containsExactly(
                            "headgate.provider=\"openai\"",
                            "headgate.user=\"alice\"",
                            "headgate.limit=\"hour\"",
                            "headgate.permits=\"1\"",
                            "headgate.retry-after-ms=\"1450\"",
                            "headgate.reason=\"OVER_LIMIT\"",
                            "headgate.shadow=\"false\"");
        });
    }

    @Test
    void denialForWantOfAStoreNamesNoLimit() {
        new DenialLog(true)
                .told(
                        BY_ALICE,
                        new Decision.Denied(List.of(), LimitKind.MINUTE, 1, 1_000L, Decision.Reason.STORE_UNAVAILABLE),
                        Origin.LOCAL);

        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getFormattedMessage()).contains(" limit=none ", " reason=STORE_UNAVAILABLE");
            assertThat(line.getKeyValuePairs())
                    .extracting(Object::toString)
                    .contains("headgate.limit=\"none\"", "headgate.reason=\"STORE_UNAVAILABLE\"");
        });
    }

    @Test
    void whatShadowModeOnlyNotesIsMarked() {
        DenialLog log = new DenialLog(false);
        log.shadowed(
                BY_ALICE,
                new Decision.Denied(List.of(), LimitKind.HOUR, 1, null, Decision.Reason.OVER_LIMIT),
                Origin.SHARED);
        deny(log, BY_ALICE);

        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .satisfiesExactly(
                        tried -> assertThat(tried)
                                .matches("Would be denied: provider=openai user=#[A-Za-z0-9_-]{22} limit=hour permits=1"
                                        + " retry-after-ms=never reason=OVER_LIMIT"),
                        meant -> assertThat(meant).startsWith("Denied: "));
        assertThat(lines.list)
                .extracting(line -> line.getKeyValuePairs().toString())
                .satisfiesExactly(
                        tried -> assertThat(tried).contains("headgate.shadow=\"true\""),
                        meant -> assertThat(meant).contains("headgate.shadow=\"false\""));
    }

    @Test
    void userIdsCanBeDigests() {
        deny(new DenialLog(false), BY_ALICE);

        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getFormattedMessage()).containsPattern("user=#[A-Za-z0-9_-]{22} ");
            assertThat(line.getFormattedMessage() + line.getKeyValuePairs()).doesNotContain("alice");
        });
    }

    @Test
    void providerWideKeyHasNoUser() {
        deny(new DenialLog(false), new LimitRequest(Key.of("openai", null), Rule.of(1, 2, 3, 4), 1, 0));

        assertThat(lines.list)
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage()).contains("user=- "));
    }

    @Test
    void nothingIsWrittenAboveDebug() {
        logger.setLevel(Level.INFO);

        deny(new DenialLog(true), BY_ALICE);

        assertThat(lines.list).isEmpty();
    }
}
