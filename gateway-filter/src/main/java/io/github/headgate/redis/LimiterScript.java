package io.github.headgate.redis;

import io.github.headgate.Rule;
import io.github.headgate.Window;
import io.github.headgate.arithmetic.SlotCharge;
import io.github.headgate.arithmetic.TokenBucket;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The script {@code limiter.lua}, and the questions to it in its own bytes; its head says what they are. */
final class LimiterScript {

    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle DOUBLE = MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

    private static final byte DECIDE = 1;
    private static final byte GIVE_BACK = 2;
    private static final byte READ = 3;
    private static final byte CHARGE = 4;
    private static final byte ONCE = 5;
    private static final int RULE_BYTES = 26;
    private static final int REQUESTS_BYTES = 12;

    private final byte[] source;
    private final String digest;

    LimiterScript() {
        source = load("limiter.lua");
        try {
            digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(source));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }

    /** The text of a script that lies beside this class. */
    static byte[] load(String name) {
        try (InputStream in = LimiterScript.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing beside " + LimiterScript.class.getName());
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] source() {
        return source;
    }

    /** The name by which a server that has seen the script knows it. */
    String digest() {
        return digest;
    }

    /** Begins a question about so many runs of like requests; {@link #requests} says what they are. */
    static byte[] decide(Rule rule, int runs) {
        return operation(DECIDE, rule, runs * REQUESTS_BYTES);
    }

    /** Says what the requests of a run are, in their order. */
    static void requests(byte[] question, int run, int permits, long maxWaitMillis, int requests) {
        int at = RULE_BYTES + run * REQUESTS_BYTES;
        INT.set(question, at, permits);
        INT.set(question, at + 4, (int) maxWaitMillis);
        INT.set(question, at + 8, requests);
    }

    static byte[] giveBack(SlotCharge charge) {
        byte[] question = operation(GIVE_BACK, charge.rule(), 20);
        INT.set(question, RULE_BYTES, charge.permits());
        DOUBLE.set(question, RULE_BYTES + 4, (double) charge.generation());
        DOUBLE.set(question, RULE_BYTES + 12, (double) charge.instantMillis());
        return question;
    }

    static byte[] read(Rule rule) {
        return operation(READ, rule, 0);
    }

    static byte[] charge(Rule rule, int permits, long ageMillis) {
        byte[] question = operation(CHARGE, rule, 12);
        INT.set(question, RULE_BYTES, permits);
        DOUBLE.set(question, RULE_BYTES + 4, (double) ageMillis);
        return question;
    }

    /** Precedes questions that are answered but once in so many milliseconds; its key names them. */
    static byte[] once(int rememberedMillis) {
        byte[] question = new byte[5];
        question[0] = ONCE;
        INT.set(question, 1, rememberedMillis);
        return question;
    }

    private static byte[] operation(byte operation, Rule rule, int more) {
        byte[] question = new byte[RULE_BYTES + more];
        question[0] = operation;
        int shape = 0;
        for (Window window : Window.values()) {
            int limit = orZero(rule.limit(window));
            INT.set(question, 2 + 4 * window.ordinal(), limit);
            shape |= limit > 0 ? 1 << window.ordinal() : 0;
        }
        TokenBucket bucket = TokenBucket.of(rule);
        INT.set(question, 14, bucket.capacity());
        DOUBLE.set(question, 18, (double) bucket.unitsPerMilli());
        question[1] = (byte) (bucket.capacity() > 0 ? shape | 8 : shape);
        return question;
    }

    private static int orZero(@Nullable Integer value) {
        return value == null ? 0 : value;
    }
}
