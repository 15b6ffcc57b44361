package io.github.headgate.benchmarks.driver;

import io.github.headgate.Rule;
import io.github.headgate.benchmarks.subject.Answer;
import io.github.headgate.benchmarks.subject.Headgate;
import io.github.headgate.benchmarks.subject.Subject;
import io.github.headgate.benchmarks.subject.SubjectKind;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One check against Redis with nothing else in flight, until the answer is there. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RedisDecisions {

    /** The system property that says where Redis is. */
    static final String URL = "headgate.benchmarks.redis";

    /** Headgate and a key that is full. */
    static final String DENIED = "DENIED";

    @Param({"BARE_CALL", "SPRING", "BUCKET4J", "SORTED_SETS", "HEADGATE", DENIED})
    public String subject = DENIED;

    private final Users users = Users.some(Users.MANY);
    private @Nullable Subject asked;

    @Setup
    public void connect() {
        String url = System.getProperty(URL);
        asked = subject.equals(DENIED)
                ? new Headgate(url, Rule.of(5, 5, 5, 5))
                : SubjectKind.valueOf(subject).open(url);
        if (subject.equals(DENIED)) {
            for (int spent = 0; spent < 5; spent++) {
                check("full");
            }
        }
    }

    @TearDown
    public void disconnect() {
        if (asked != null) {
            asked.close();
        }
    }

    @Benchmark
    public boolean decide() {
        return check(subject.equals(DENIED) ? "full" : users.any());
    }

    private boolean check(String user) {
        if (asked == null) {
            throw new IllegalStateException("not connected");
        }
        Waiting waiting = new Waiting();
        asked.check(user, waiting);
        return waiting.join();
    }

    private static final class Waiting extends CompletableFuture<Boolean> implements Answer {

        @Override
        public void decided(boolean granted) {
            complete(granted);
        }

        @Override
        public void failed(Throwable cause) {
            completeExceptionally(cause);
        }
    }
}
