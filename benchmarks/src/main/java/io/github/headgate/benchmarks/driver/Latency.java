package io.github.headgate.benchmarks.driver;

import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.report.Table;
import io.github.headgate.benchmarks.report.Table.Row;
import io.github.headgate.benchmarks.report.Target;
import io.github.headgate.benchmarks.report.Unit;
import io.github.headgate.benchmarks.subject.Answer;
import io.github.headgate.benchmarks.subject.RedisUnderTest;
import io.github.headgate.benchmarks.subject.Subject;
import io.github.headgate.benchmarks.subject.SubjectKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * How long a decision takes when checks come at a fixed rate, whether or not earlier ones have been answered. Counted
 * from the instant at which a check was due, so that a stall counts for all that were due in it.
 */
public final class Latency {

    private static final int PER_SECOND = 10_000;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final RedisUnderTest redis;
    private final Effort effort;
    private final Users users = Users.some(Users.MANY);

    public Latency(RedisUnderTest redis, Effort effort) {
        this.redis = redis;
        this.effort = effort;
    }

    /** A subject, and the latencies of each round. */
    private record Contender(SubjectKind kind, Subject subject, List<Histogram> rounds) {

        Row row() {
            return new Row(kind.label(), kind.role(), List.of(millis(50), millis(99), millis(99.9)));
        }

        private double millis(double percentile) {
            return Medians.of(rounds.stream()
                    .map(latencies -> latencies.getValueAtPercentile(percentile) / 1e6)
                    .toList());
        }
    }

    public Result run() throws InterruptedException {
        List<Contender> contenders = new ArrayList<>();
        try {
            for (SubjectKind kind : effort.subjects()) {
                contenders.add(new Contender(kind, kind.open(redis.url()), new ArrayList<>()));
            }
            // Until the compiler has seen what an event loop does that is woken for nearly each check.
            for (Contender contender : contenders) {
                offer(contender.subject, effort.warmUp().multipliedBy(7));
            }
            Duration round = effort.measure().multipliedBy(4).dividedBy(effort.rounds());
            for (int i = 0; i < effort.rounds(); i++) {
                for (Contender contender : contenders) {
                    contender.rounds.add(offer(contender.subject, round));
                }
            }
        } finally {
            contenders.forEach(contender -> contender.subject.close());
            redis.flush();
        }
        Table table = new Table(
                "Latency of a decision at 10,000 checks per second",
                "Open loop, 10,000 keys, coordinated omission corrected: counted from when each check was due; medians of "
                        + effort.rounds() + " rounds in turn.",
                Unit.MILLIS,
                List.of("p50", "p99", "p99.9"),
                contenders.stream().map(Contender::row).toList());
        return new Result(
                List.of(table),
                List.of(Target.atMost(
                        5,
                        "p99 of a decision at 10,000 checks per second",
                        table.value(SubjectKind.HEADGATE.label(), "p99"),
                        Unit.MILLIS,
                        1)));
    }

    private Histogram offer(Subject subject, Duration time) throws InterruptedException {
        long gap = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
        int checks = (int) (time.toNanos() / gap);
        Histogram latencies = new ConcurrentHistogram(LONGEST_NANOS, 3);
        AtomicInteger failures = new AtomicInteger();
        CountDownLatch unanswered = new CountDownLatch(checks);
        long start = System.nanoTime();
        for (int i = 0; i < checks; i++) {
            long due = start + i * gap;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            subject.check(users.any(), new Answer() {
                @Override
                public void decided(boolean granted) {
                    latencies.recordValue(System.nanoTime() - due);
                    unanswered.countDown();
                }

                @Override
                public void failed(Throwable cause) {
                    failures.incrementAndGet();
                    unanswered.countDown();
                }
            });
        }
        if (!unanswered.await(60, TimeUnit.SECONDS) || failures.get() > 0) {
            throw new IllegalStateException(subject + " left checks unanswered, or failed " + failures);
        }
        return latencies;
    }
}
