package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.autoconfigure.Rehearsal.Outcome;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RehearsalTest {

    @Test
    void everyOutcomeIsRehearsedOften() {
        Map<Outcome, Integer> outcomes = Rehearsal.play();

        assertThat(outcomes).containsOnlyKeys(Outcome.values());
        assertThat(outcomes.values()).allMatch(times -> times > 200);
    }
}
