package io.github.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

class PassageTest {

    private final TestPublisher<String> question = TestPublisher.createCold();
    private final TestPublisher<Void> way = TestPublisher.create();
    private final List<String> heard = new ArrayList<>();

    private Mono<String> asked = question.mono();

    /** Leads to {@link #way} whatever the answer, and hears everything. */
    private class Heard implements Passage.Ways<String> {

        @Override
        public Mono<String> question() {
            return asked;
        }

        @Override
        public Mono<Void> answered(@Nullable String answer) {
            heard.add(answer == null ? "nothing" : answer);
            return way.mono();
        }

        @Override
        public Mono<Void> failed(Throwable error) {
            heard.add(error.getMessage());
            return way.mono();
        }

        @Override
        public void cancelled() {
            heard.add("cancelled");
        }
    }

    private final Passage<String> passage = new Passage<>(Heard::new);

    /** Once: the question has ended too by then. */
    private void opens(Passage<String> asking, String answer) {
        StepVerifier.create(asking)
                .then(() -> assertThat(heard).containsExactly(answer))
                .then(way::assertWasSubscribed)
                .then(way::complete)
                .verifyComplete();
    }

    @Test
    void theAnswerOpensAWay() {
        question.emit("yes");

        opens(passage, "yes");
    }

    @Test
    void soDoesAnError() {
        question.error(new IllegalStateException("no answer"));

        opens(passage, "no answer");
    }

    @Test
    void endsAsTheWayEnds() {
        question.emit("yes");

        StepVerifier.create(passage)
                .then(() -> way.error(new IllegalStateException("upstream")))
                .verifyErrorMessage("upstream");
    }

    @Test
    void aQuestionThatCannotBeAskedIsOneThatFailed() {
        Passage<String> speechless = new Passage<>(() -> new Heard() {
            @Override
            public Mono<String> question() {
                throw new IllegalStateException("no words");
            }
        });

        opens(speechless, "no words");
    }

    @Test
    void aWayThatCannotBeOpenedIsAnError() {
        question.emit("yes");
        Passage<String> blocked = new Passage<>(() -> new Heard() {
            @Override
            public Mono<Void> answered(@Nullable String answer) {
                throw new IllegalStateException("no way");
            }
        });

        StepVerifier.create(blocked).verifyErrorMessage("no way");
    }

    @Test
    void aQuestionWithoutAnAnswerOpensOneToo() {
        question.complete();

        opens(passage, "nothing");
    }

    @Test
    void whoLeavesEarlyCancelsTheQuestion() {
        StepVerifier.create(passage).thenAwait().thenCancel().verify();

        question.assertCancelled();
        way.assertWasNotSubscribed();
        assertThat(heard).containsExactly("cancelled");
    }

    @Test
    void whoLeavesLateCancelsTheWay() {
        question.emit("yes");

        StepVerifier.create(passage).then(way::assertWasSubscribed).thenCancel().verify();

        way.assertCancelled();
        assertThat(heard).containsExactly("yes", "cancelled");
    }

    @Test
    void aWayThatOpensAfterTheSubscriberHasGoneIsCancelled() {
        // As an answer that is under way on another thread.
        asked = question.mono().doOnCancel(() -> question.next("late"));

        StepVerifier.create(passage).thenAwait().thenCancel().verify();

        assertThat(heard).containsExactly("cancelled", "late");
        way.assertCancelled();
    }

    @Test
    void eachSubscriberHasWaysOfItsOwn() {
        List<Heard> made = new ArrayList<>();
        Passage<String> several = new Passage<>(() -> {
            Heard ways = new Heard();
            made.add(ways);
            return ways;
        });
        asked = Mono.just("yes");

        StepVerifier.create(several).then(way::complete).verifyComplete();
        StepVerifier.create(several).then(way::complete).verifyComplete();

        assertThat(made).hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    void waysThatCannotBeMadeAreAnError() {
        Passage<String> none = new Passage<>(() -> {
            throw new IllegalStateException("no ways");
        });

        // Itself and not through Mono, which would catch what it threw.
        none.subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnError(Throwable error) {
                heard.add(error.getMessage());
            }
        });

        assertThat(heard).containsExactly("no ways");
    }

    @Test
    void questionAndWayKnowTheSubscribersContext() {
        asked = Mono.deferContextual(context -> Mono.just(context.<String>get("name")));
        Passage<String> named = new Passage<>(() -> new Heard() {
            @Override
            public Mono<Void> answered(@Nullable String answer) {
                return Mono.deferContextual(context -> {
                    heard.add(answer + " and " + context.<String>get("name"));
                    return Mono.empty();
                });
            }
        });

        StepVerifier.create(named.contextWrite(context -> context.put("name", "alice")))
                .verifyComplete();

        assertThat(heard).containsExactly("alice and alice");
    }
}
