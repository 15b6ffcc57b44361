package io.github.headgate.local;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The local store in many threads at once, on one key, in the orders that Lincheck finds: what each is told is what it
 * would be told if they came one after the other.
 */
@Param(name = "permits", gen = IntGen.class, conf = "1:2")
@Tag("own-process")
public class LocalStoreLincheckTest {

    private static final int LIMIT = 3;
    private static final int THREADS = 5;
    private static final Rule RULE = new Rule(LIMIT, LIMIT, null, null);
    private static final Key ALICE = Key.of("openai", "alice");

    private final LocalStore store = new LocalStore(10, () -> 1_700_000_000_000_000_000L);
    private final List<Deque<Charge>> charges = Stream.generate(() -> (Deque<Charge>) new ArrayDeque<Charge>())
            .limit(THREADS)
            .toList();

    @Operation
    public boolean decide(@Param(gen = ThreadIdGen.class) int thread, @Param(name = "permits") int permits) {
        Decision decision = store.decide(new LimitRequest(ALICE, RULE, permits, 0));
        if (decision instanceof Granted granted) {
            charges.get(thread).push(granted.charge());
        }
        return decision.isGranted();
    }

    /** What this thread was granted last, if anything. */
    @Operation
    public void giveBack(@Param(gen = ThreadIdGen.class) int thread) {
        Charge last = charges.get(thread).poll();
        if (last != null) {
            store.giveBack(last);
        }
    }

    @Operation
    public void reset() {
        store.forget(ALICE);
    }

    /** The same in so many words, for one thread. */
    public static final class OneAfterTheOther {

        private record Spent(int permits, int generation) {}

        private int used;
        private int generation;
        private final Map<Integer, Deque<Spent>> charges = new HashMap<>();

        public boolean decide(int thread, int permits) {
            if (used + permits > LIMIT) {
                return false;
            }
            used += permits;
            of(thread).push(new Spent(permits, generation));
            return true;
        }

        public void giveBack(int thread) {
            Spent last = of(thread).poll();
            if (last != null && last.generation == generation) {
                used -= last.permits;
            }
        }

        public void reset() {
            used = 0;
            generation++;
        }

        private Deque<Spent> of(int thread) {
            return charges.computeIfAbsent(thread, own -> new ArrayDeque<>());
        }
    }

    @Test
    void isAsIfOneCameAfterTheOtherUnderSomeStress() {
        check(new StressOptions().threads(3).actorsPerThread(3).iterations(6).invocationsPerIteration(1_000));
    }

    @Test
    @Tag("long")
    void isAsIfOneCameAfterTheOtherUnderMuchStress() {
        check(new StressOptions().threads(3).actorsPerThread(4).iterations(200).invocationsPerIteration(10_000));
    }

    @Test
    @Tag("long")
    void isAsIfOneCameAfterTheOtherInManyInterleavings() {
        check(new ModelCheckingOptions()
                .threads(2)
                .actorsPerThread(2)
                .iterations(20)
                .invocationsPerIteration(200));
    }

    private static void check(Options<?, ?> options) {
        options.sequentialSpecification(OneAfterTheOther.class).check(LocalStoreLincheckTest.class);
    }
}
