package io.github.headgate.testing;

import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Inputs that nobody thought of, at random from printed seeds: each must do what is documented for any input, or be
 * refused in the documented way. One is repeated with {@code -Dheadgate.fuzz.seed=} and the seed that its failure
 * names.
 */
public abstract class InputFuzzer {

    private static final Logger LOG = LoggerFactory.getLogger(InputFuzzer.class);

    private static final int SOME = 2_000;
    private static final int MANY = 500;

    /** Makes an input, and asserts what is documented for it. */
    protected abstract void attempt(RandomGenerator random);

    @Test
    void someInputsDoAsDocumented() {
        attempts(SOME);
    }

    @Test
    @Tag("long")
    void millionsOfInputsDoAsDocumented() {
        attempts(SOME * MANY);
    }

    private void attempts(int inputs) {
        Long repeated = Long.getLong("headgate.fuzz.seed");
        long first = repeated == null ? System.nanoTime() : repeated;
        int count = repeated == null ? inputs : 1;
        LOG.info("{}: {} inputs, the first from seed {}", getClass().getSimpleName(), count, first);
        for (int i = 0; i < count; i++) {
            long seed = first + i;
            try {
                attempt(new SplittableRandom(seed));
            } catch (Exception | AssertionError | StackOverflowError | OutOfMemoryError failure) {
                throw new AssertionError("with -Dheadgate.fuzz.seed=" + seed, failure);
            }
        }
    }

    /** A text of pieces that mean something to the parser, of any characters, and of pieces repeated or cut. */
    protected static String text(RandomGenerator random, List<String> pieces) {
        StringBuilder text = new StringBuilder();
        int parts = random.nextInt(8);
        for (int i = 0; i < parts; i++) {
            String piece = pieces.get(random.nextInt(pieces.size()));
            switch (random.nextInt(10)) {
                case 0 -> text.append((char) random.nextInt(0x10000));
                case 1 -> text.append((char) random.nextInt(0x80));
                case 2 -> text.append(random.nextInt(-20, 300));
                case 3 -> text.append(random.nextLong());
                case 4 -> text.append(piece.repeat(random.nextInt(random.nextInt(20) == 0 ? 2_000 : 5)));
                case 5 -> text.append(piece, 0, random.nextInt(piece.length() + 1));
                case 6 -> text.insert(random.nextInt(text.length() + 1), piece);
                default -> text.append(piece);
            }
        }
        return text.toString();
    }
}
