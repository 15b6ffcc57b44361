package io.github.headgate.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.blockhound.BlockHound;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A lock in the hands of threads that meet, with an agent that looks on. */
@Tag("own-process")
@Timeout(60)
class BriefLockTest {

    private static final class Counter extends BriefLock {
        int count;
    }

    @BeforeAll
    static void look() {
        BlockHound.install();
    }

    @Test
    void holdsOffAllThreadsButOne() throws InterruptedException {
        int threads = 4;
        int each = 500_000;
        Counter counter = new Counter();
        CountDownLatch together = new CountDownLatch(threads);
        List<Thread> counting = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(() -> {
                together.countDown();
                while (together.getCount() > 0) {
                    Thread.onSpinWait();
                }
                for (int n = 0; n < each; n++) {
                    counter.lock();
                    counter.count++;
                    counter.unlock();
                }
            });
            counting.add(thread);
            thread.start();
        }
        for (Thread thread : counting) {
            thread.join();
        }

        assertThat(counter.count).isEqualTo(threads * each);
    }

    @Test
    void leavesTheProcessorToAHolderThatDoesNotRun() {
        Counter counter = new Counter();
        counter.lock();
        Thread waiting = new Thread(() -> {
            counter.lock();
            counter.unlock();
        });

        waiting.start();

        await().atMost(Duration.ofSeconds(10)).until(() -> isNapping(waiting));
        counter.unlock();
        await().atMost(Duration.ofSeconds(10)).until(() -> waiting.getState() == Thread.State.TERMINATED);
    }

    @Test
    void isNoBlockingCallOnAThreadThatMustNotBlock() {
        Counter counter = new Counter();
        counter.lock();
        AtomicBoolean entered = new AtomicBoolean();
        AtomicReference<Thread> waiting = new AtomicReference<>();
        Mono<Void> work = Mono.<Void>fromRunnable(() -> {
                    waiting.set(Thread.currentThread());
                    counter.lock();
                    entered.set(true);
                    counter.unlock();
                })
                .subscribeOn(Schedulers.parallel());
        Mono<Void> release = Mono.<Void>fromRunnable(() -> {
                    await().atMost(Duration.ofSeconds(10)).until(() -> isNapping(waiting.get()));
                    counter.unlock();
                })
                .subscribeOn(Schedulers.boundedElastic());

        Mono.when(work, release).block(Duration.ofSeconds(20));

        assertThat(entered).isTrue();
    }

    private static boolean isNapping(@Nullable Thread thread) {
        return thread != null && thread.getState() == Thread.State.TIMED_WAITING;
    }
}
