package io.github.headgate.redis;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.LimitKind;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.Window;
import io.github.headgate.arithmetic.SlotCharge;
import io.github.headgate.arithmetic.TokenBucket;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The script {@code limiter.lua}, and the bytes that go in and come out of it; its head says what they are. */
final class LimiterScript {

    /** Bytes of one answer or reading. */
    static final int REPLY_BYTES = 83;

    private static final byte DECIDE = 1;
    private static final byte GIVE_BACK = 2;
    private static final byte READ = 3;
    private static final byte CHARGE = 4;
    private static final int RULE_BYTES = 17;
    private static final LimitKind[] KINDS = LimitKind.values();
    private static final Window[] WINDOWS = Window.values();

    private final byte[] source;
    private final String digest;

    LimiterScript() {
        try (InputStream in = LimiterScript.class.getResourceAsStream("limiter.lua")) {
            if (in == null) {
                throw new IllegalStateException("limiter.lua is missing beside " + LimiterScript.class.getName());
            }
            source = in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(source));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }

    byte[] source() {
        return source;
    }

    /** The name by which a server that has seen the script knows it. */
    String digest() {
        return digest;
    }

    static byte[] decide(LimitRequest request) {
        byte[] bytes = operation(DECIDE, request.rule(), 8);
        put(bytes, RULE_BYTES, request.permits(), 4);
        put(bytes, RULE_BYTES + 4, request.maxWaitMillis(), 4);
        return bytes;
    }

    static byte[] giveBack(SlotCharge charge) {
        byte[] bytes = operation(GIVE_BACK, charge.rule(), 17);
        put(bytes, RULE_BYTES, charge.permits(), 4);
        put(bytes, RULE_BYTES + 4, charge.generation(), 7);
        put(bytes, RULE_BYTES + 11, charge.instantMillis(), 6);
        return bytes;
    }

    static byte[] read(Rule rule) {
        return operation(READ, rule, 0);
    }

    static byte[] charge(Rule rule, int permits, long ageMillis) {
        byte[] bytes = operation(CHARGE, rule, 10);
        put(bytes, RULE_BYTES, permits, 4);
        put(bytes, RULE_BYTES + 4, ageMillis, 6);
        return bytes;
    }

    private static byte[] operation(byte operation, Rule rule, int more) {
        byte[] bytes = new byte[RULE_BYTES + more];
        bytes[0] = operation;
        put(bytes, 1, orZero(rule.requestsPerMinute()), 4);
        put(bytes, 5, orZero(rule.requestsPerHour()), 4);
        put(bytes, 9, orZero(rule.requestsPerDay()), 4);
        put(bytes, 13, orZero(rule.burstCapacity()), 4);
        return bytes;
    }

    private static int orZero(@Nullable Integer value) {
        return value == null ? 0 : value;
    }

    private static void put(byte[] bytes, int at, long value, int count) {
        for (int i = 0; i < count; i++) {
            bytes[at + i] = (byte) (value >>> (8 * i));
        }
    }

    /**
     * Reads an answer.
     *
     * @param at where it begins in the reply
     * @throws IllegalArgumentException if the reply is too short or malformed
     */
    static Decision decision(byte[] reply, int at, LimitRequest request) {
        requireLength(reply, at);
        List<LimitUsage> usage = usage(reply, at, request.rule());
        long wait = unsigned(reply, at + 2, 7);
        int permits = request.permits();
        int outcome = reply[at];
        return switch (outcome) {
            case 0 ->
                new Granted(
                        usage,
                        wait,
                        new SlotCharge(
                                request.key(),
                                request.rule(),
                                permits,
                                unsigned(reply, at + 9, 7),
                                unsigned(reply, at + 16, 6)));
            case 1 -> new Denied(usage, kind(reply[at + 1]), permits, wait, Decision.Reason.OVER_LIMIT);
            case 2 -> new Denied(usage, kind(reply[at + 1]), permits, null, Decision.Reason.NEVER_FITS);
            default -> throw new IllegalArgumentException("the limiter script answered an unknown outcome " + outcome);
        };
    }

    /**
     * Reads the usage in an answer or a reading.
     *
     * @param at where the answer begins in the reply
     * @throws IllegalArgumentException if the reply is too short
     */
    static List<LimitUsage> usage(byte[] reply, int at, Rule rule) {
        requireLength(reply, at);
        List<LimitUsage> usage = new ArrayList<>(4);
        int from = at + 22;
        for (Window window : WINDOWS) {
            Integer limit = rule.limit(window);
            if (limit != null) {
                long used = unsigned(reply, from, 4);
                usage.add(new LimitUsage(
                        window.limitKind(),
                        limit,
                        (int) Math.max(0, limit - used),
                        unsigned(reply, from + 10, 6),
                        unsigned(reply, from + 4, 6)));
            }
            from += 16;
        }
        TokenBucket bucket = TokenBucket.of(rule);
        if (bucket.capacity() > 0) {
            usage.add(bucket.usage(unsigned(reply, from + 6, 7), unsigned(reply, from, 6)));
        }
        return usage;
    }

    private static void requireLength(byte[] reply, int at) {
        if (reply.length < at + REPLY_BYTES) {
            throw new IllegalArgumentException(
                    "the limiter script answered " + reply.length + " bytes, not " + (at + REPLY_BYTES));
        }
    }

    private static LimitKind kind(byte number) {
        if (number < 1 || number > KINDS.length) {
            throw new IllegalArgumentException("the limiter script answered an unknown limit " + number);
        }
        return KINDS[number - 1];
    }

    private static long unsigned(byte[] bytes, int at, int count) {
        long value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = value << 8 | (bytes[at + i] & 0xFF);
        }
        return value;
    }
}
