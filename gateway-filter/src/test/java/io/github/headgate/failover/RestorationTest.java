package io.github.headgate.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.arithmetic.Spent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a Redis without its data is told, when it stops answering in the middle. */
class RestorationTest {

    private static final List<Spent> SPENT = List.of(new Spent(new Rule(60, null, null, null), 1, 0));

    private final List<Key> keys =
            IntStream.range(0, 100).mapToObj(i -> Key.of("openai", "user-" + i)).toList();
    private final List<Key> charged = new ArrayList<>();
    private final List<CompletableFuture<Void>> unanswered = new ArrayList<>();
    private boolean answers = true;
    private int answersLeft = Integer.MAX_VALUE;
    private final Restoration restoration = new Restoration(
            "marker",
            keys.stream()
                    .map(key -> new Telling(key.toString(), key, SPENT, 0, 0, there -> {}))
                    .iterator(),
            this::charge);

    private CompletableFuture<Void> charge(Telling telling) {
        if (answersLeft-- <= 0) {
            return CompletableFuture.failedFuture(new IllegalStateException("no answer"));
        }
        charged.add(telling.key());
        CompletableFuture<Void> answer = new CompletableFuture<>();
        if (answers) {
            answer.complete(null);
        } else {
            unanswered.add(answer);
        }
        return answer;
    }

    /** Under load each attempt failed somewhere, began anew, and charged all again, without an end. */
    @Test
    void goesOnWhereItWasCutOffAndChargesEachKeyOnce() {
        int attempts = 0;
        do {
            answersLeft = 30;
            attempts++;
        } while (restoration.goOn().isCompletedExceptionally() && attempts < 10);

        assertThat(charged).containsExactlyInAnyOrderElementsOf(keys);
    }

    /** It was charged again with the rest, after the reset. */
    @Test
    void aKeyThatIsResetMeanwhileIsNotToldAgain() {
        answers = false;
        var unused = restoration.goOn();
        Key reset = charged.get(0);

        restoration.forget(reset);

        unanswered.forEach(each -> each.completeExceptionally(new IllegalStateException("no answer")));
        answers = true;
        assertThat(restoration.goOn()).isCompleted();
        assertThat(charged).filteredOn(reset::equals).hasSize(1);
    }

    @Test
    void isNotBegunTwiceByTwoWhoNoticeTheLoss() {
        answers = false;
        CompletableFuture<Void> first = restoration.goOn();

        CompletableFuture<Void> second = restoration.goOn();

        while (!unanswered.isEmpty()) {
            unanswered.remove(0).complete(null);
        }
        assertThat(first).isCompleted();
        assertThat(second).isCompleted();
        assertThat(charged).containsExactlyElementsOf(keys);
    }

    @Test
    void chargesNoMoreOnceItsDataIsLostToo() {
        answers = false;
        CompletableFuture<Void> going = restoration.goOn();
        int before = charged.size();

        restoration.abandon();
        List.copyOf(unanswered).forEach(answer -> answer.complete(null));

        assertThat(going).isCompletedExceptionally();
        assertThat(charged).hasSize(before);
    }
}
