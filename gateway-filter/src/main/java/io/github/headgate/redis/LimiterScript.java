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
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
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
    static final int DEADLINE_BYTES = 8;
    private static final int RULE_BYTES = 27;
    private static final int REQUESTS_BYTES = 12;
    private static final Window[] WINDOWS = Window.values();

    private final byte[] source;
    private final byte[] digest;

    LimiterScript() {
        source = load("limiter.lua");
        try {
            digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-1").digest(source))
                    .getBytes(StandardCharsets.US_ASCII);
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
    byte[] digest() {
        return digest;
    }

    /**
     * All that one call asks, with no deadline yet.
     *
     * @param questions one for each key, in the order of the keys
     */
    static byte[] inquiry(List<byte[]> questions) {
        int bytes = DEADLINE_BYTES;
        for (byte[] question : questions) {
            bytes += question.length;
        }
        byte[] inquiry = new byte[bytes];
        int at = DEADLINE_BYTES;
        for (byte[] question : questions) {
            System.arraycopy(question, 0, inquiry, at, question.length);
            at += question.length;
        }
        deadline(inquiry, RedisClock.NO_DEADLINE);
        return inquiry;
    }

    /** Sets until when, in Redis time, a call may be executed. */
    static void deadline(byte[] inquiry, long redisMillis) {
        DOUBLE.set(inquiry, 0, (double) redisMillis);
    }

    /** How many bytes it takes to ask for decisions about so many runs of like requests. */
    static int decideBytes(int runs) {
        return RULE_BYTES + 1 + runs * REQUESTS_BYTES;
    }

    /**
     * Asks for decisions; {@link #requests} says about what.
     *
     * @param at where the question begins
     * @param keys of how many keys in a row, from 1 to 255
     * @param runs about how many runs of like requests for each of them, from 1 to 255
     */
    static void decide(byte[] inquiry, int at, int keys, Rule rule, int runs) {
        operation(inquiry, at, DECIDE, keys, rule);
        inquiry[at + RULE_BYTES] = (byte) runs;
    }

    /**
     * Says what the requests of a run are, in their order.
     *
     * @param at where the question begins
     * @param run which run, from 0
     */
    static void requests(byte[] inquiry, int at, int run, int permits, long maxWaitMillis, int requests) {
        int from = at + decideBytes(run);
        INT.set(inquiry, from, permits);
        INT.set(inquiry, from + 4, (int) maxWaitMillis);
        INT.set(inquiry, from + 8, requests);
    }

    static byte[] giveBack(SlotCharge charge) {
        byte[] question = question(GIVE_BACK, charge.rule(), 20);
        INT.set(question, RULE_BYTES, charge.permits());
        DOUBLE.set(question, RULE_BYTES + 4, (double) charge.generation());
        DOUBLE.set(question, RULE_BYTES + 12, (double) charge.instantMillis());
        return question;
    }

    static byte[] read(Rule rule) {
        return question(READ, rule, 0);
    }

    static byte[] charge(Rule rule, int permits, long ageMillis) {
        byte[] question = question(CHARGE, rule, 12);
        INT.set(question, RULE_BYTES, permits);
        DOUBLE.set(question, RULE_BYTES + 4, (double) ageMillis);
        return question;
    }

    /** Precedes questions that are answered but once in so many milliseconds; its key names them. */
    static byte[] once(int rememberedMillis) {
        byte[] question = {ONCE, 1, 0, 0, 0, 0};
        INT.set(question, 2, rememberedMillis);
        return question;
    }

    private static byte[] question(byte operation, Rule rule, int more) {
        byte[] question = new byte[RULE_BYTES + more];
        operation(question, 0, operation, 1, rule);
        return question;
    }

    private static void operation(byte[] target, int at, byte operation, int keys, Rule rule) {
        target[at] = operation;
        target[at + 1] = (byte) keys;
        int shape = 0;
        for (Window window : WINDOWS) {
            int limit = orZero(rule.limit(window));
            INT.set(target, at + 3 + 4 * window.ordinal(), limit);
            shape |= limit > 0 ? 1 << window.ordinal() : 0;
        }
        TokenBucket bucket = TokenBucket.of(rule);
        INT.set(target, at + 15, bucket.capacity());
        DOUBLE.set(target, at + 19, (double) bucket.unitsPerMilli());
        target[at + 2] = (byte) (bucket.capacity() > 0 ? shape | 8 : shape);
    }

    private static int orZero(@Nullable Integer value) {
        return value == null ? 0 : value;
    }
}
