package io.github.headgate.testing;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * A clock of Redis that a test can step: scripts on their way there are rewritten to read the time as so many seconds
 * ahead as a key says.
 */
public final class SteppedClock implements UnaryOperator<byte[]> {

    /** The key that says how many seconds the clock is ahead. */
    public static final String AHEAD = "clock-ahead";

    private static final String TIME = "redis.call('TIME')";
    private static final String STEPPED = "(function() local time = redis.call('TIME')"
            + " return {time[1] + (redis.call('GET', '" + AHEAD + "') or 0), time[2]} end)()";

    private final Map<String, String> digests = new ConcurrentHashMap<>();

    @Override
    public byte[] apply(byte[] word) {
        String text = new String(word, StandardCharsets.ISO_8859_1);
        if (text.contains(TIME)) {
            byte[] script = text.replace(TIME, STEPPED).getBytes(StandardCharsets.ISO_8859_1);
            digests.put(digest(word), digest(script));
            return script;
        }
        String digest = digests.get(text);
        return digest == null ? word : digest.getBytes(StandardCharsets.US_ASCII);
    }

    private static String digest(byte[] script) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(script));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
