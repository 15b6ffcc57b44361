package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.headgate.autoconfigure.Rehearsal.Outcome;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class RehearsalTest {

    private final Logger log = (Logger) LoggerFactory.getLogger(Rehearsal.class);

    @BeforeEach
    void listen() {
        log.setLevel(Level.DEBUG);
    }

    @AfterEach
    void stop() {
        log.setLevel(null);
    }

    @Test
    void everyOutcomeIsRehearsedOften() {
        Map<Outcome, Integer> outcomes = Rehearsal.play();

        assertThat(outcomes).containsOnlyKeys(Outcome.values());
        assertThat(outcomes.values()).allMatch(times -> times > 200);
    }

    @Test
    void aGatewayThatStartsRehearses(CapturedOutput output) {
        StartUp.runner().run(context -> assertThat(output).containsOnlyOnce("Rehearsed decisions in"));
    }
}
