package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which checks go together, with a sender that only writes down what it is given. */
class LaneTest {

    private static final Key ALICE = Key.of("openai", "alice");

    private final Set<Integer> cancelled = new HashSet<>();
    private final List<Integer> sent = new ArrayList<>();
    private final List<Integer> calls = new ArrayList<>();
    private int next = 1;
    /** When false, calls wait to be written. */
    private boolean writable = true;

    private int unwritten;
    private final Lane lane = new Lane(2, (from, oldest) -> {
        unwritten++;
        write(from);
    });

    private void write(Lane from) {
        while (writable && unwritten > 0) {
            unwritten--;
            List<Check> checks = from.take();
            calls.add(checks.size());
            checks.forEach(check -> sent.add(check.request().permits()));
        }
    }

    @Test
    void aCheckThatFindsNothingUnderWayGoesAtOnce() {
        add(1, 1);
        lane.arrived(1);
        add(2, 2);

        assertThat(calls).containsExactly(1, 1);
    }

    @Test
    void whatComesBeforeTheCallIsWrittenGoesWithIt() {
        writable = false;
        add(1, 7);

        writable = true;
        write(lane);
        assertThat(calls).containsExactly(7);

        lane.arrived(7);
        add(8, 8);
        assertThat(calls).containsExactly(7, 1);
    }

    @Test
    void aCallWhoseChecksAreAllCancelledBeforeItIsWrittenTakesNothing() {
        writable = false;
        add(1, 2);
        cancelled.addAll(Set.of(1, 2));

        writable = true;
        write(lane);
        assertThat(calls).containsExactly(0);

        lane.arrived(0);
        add(3, 3);
        assertThat(sent).containsExactly(3);
    }

    @Test
    void fewWaitForTheCallUnderWayAndThenGoTogether() {
        add(1, 15);
        assertThat(calls).containsExactly(1);

        lane.arrived(1);

        assertThat(calls).containsExactly(1, 14);
        assertThat(sent).isEqualTo(IntStream.rangeClosed(1, 15).boxed().toList());
    }

    @Test
    void manyAreWorthASecondCallOfAnEqualPart() {
        add(1, 16);

        assertThat(calls).containsExactly(1, 8);
    }

    @Test
    void callsTakeEqualPartsOfWhatHasNoAnswer() {
        add(1, 64);

        lane.arrived(1);
        lane.arrived(8);

        assertThat(calls).containsExactly(1, 8, 32, 23);
        assertThat(sent).isEqualTo(IntStream.rangeClosed(1, 64).boxed().toList());
    }

    @Test
    void noCallTakesMoreThanItsPartWhileWhoeverIsAnsweredAsksAgain() {
        add(1, 64);

        for (int answered = 0; answered < 100; answered++) {
            int checks = calls.get(answered);
            lane.arrived(checks);
            add(next, next + checks - 1);
        }

        assertThat(calls).allMatch(checks -> checks <= 32);
        assertThat(sent).isSorted();
    }

    @Test
    void whoCancelsBeforeHisCallIsNeitherSentNorCounted() {
        add(1, 10);
        cancelled.addAll(Set.of(3, 4, 5, 6, 7, 8));

        lane.arrived(1);
        lane.arrived(3);
        add(11, 12);
        lane.arrived(1);

        assertThat(sent).containsExactly(1, 2, 9, 10, 11, 12);
        assertThat(calls).containsExactly(1, 3, 1, 1);
    }

    private void add(int first, int last) {
        next = last + 1;
        for (int number = first; number <= last; number++) {
            lane.add(
                    new Check(new LimitRequest(ALICE, new Rule(10_000, null, null, null), number, 0), sink(number), 0));
        }
    }

    private DecisionSink sink(int number) {
        return new DecisionSink() {
            @Override
            public void decided(Decision decision, Origin origin) {}

            @Override
            public void failed(Throwable cause) {}

            @Override
            public boolean isCancelled() {
                return cancelled.contains(number);
            }
        };
    }
}
