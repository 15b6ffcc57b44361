package io.github.headgate;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * A user's id made safe to store: short, free of control characters and separators, and never the same for two users.
 *
 * <p>Ids of at most 64 characters of {@code [A-Za-z0-9._@-]} stand as they are. Others become {@code #} and 22
 * characters of their SHA-256 in base64url. What the gateway found out by itself carries a prefix that no id from
 * outside can take, because it contains {@code =}: {@code ip=ADDRESS} and {@code header=ID}.
 */
public final class UserId {

    /** Stands for all users that a full local store does not know. */
    public static final UserId OVERFLOW = new UserId("overflow=");

    private static final int LONGEST_PLAIN = 64;
    private static final int DIGEST_CHARACTERS = 22;

    private final String text;
    /** The text's own would be one place in memory further away. */
    private final int hash;

    private UserId(String text) {
        this.text = text;
        hash = text.hashCode();
    }

    /** The id of a user as a verified source, a trusted header or an operator names him; any text. */
    public static UserId of(String raw) {
        return new UserId(safe(raw));
    }

    /** The id of an unnamed caller, by the address he comes from. */
    public static UserId ip(String address) {
        return new UserId("ip=" + (isAddress(address) ? address : safe(address)));
    }

    /** The id that an unverified header claims, where verified sources exist beside it. */
    public static UserId unverifiedHeader(String raw) {
        return new UserId("header=" + safe(raw));
    }

    /**
     * The id whose {@link #toString()} is the given text, as logs, Redis keys and the console show it. For operators:
     * text from outside goes through {@link #of}.
     */
    public static UserId parse(String text) {
        if (text.equals(OVERFLOW.text)) {
            return OVERFLOW;
        }
        if (text.startsWith("ip=")) {
            String address = text.substring(3);
            return isDigest(address) ? new UserId(text) : ip(address);
        }
        if (text.startsWith("header=")) {
            return new UserId("header=" + safeOrDigest(text.substring(7)));
        }
        return new UserId(safeOrDigest(text));
    }

    /**
     * The id with a digest of what it is made of, for where ids must not be read: {@code #} and 22 characters of its
     * SHA-256 in base64url, after the prefix if it has one. What is a digest already stays as it is.
     */
    public String digested() {
        int start = text.indexOf('=') + 1;
        String id = text.substring(start);
        return id.isEmpty() || isDigest(id) ? text : text.substring(0, start) + digest(id);
    }

    private static String safeOrDigest(String text) {
        return isDigest(text) ? text : safe(text);
    }

    private static boolean isDigest(String text) {
        if (text.length() != 1 + DIGEST_CHARACTERS || text.charAt(0) != '#') {
            return false;
        }
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isLetterOrDigit(c) && c != '-' && c != '_') {
                return false;
            }
        }
        return true;
    }

    private static String safe(String raw) {
        return isPlain(raw) ? raw : digest(raw);
    }

    private static boolean isPlain(String raw) {
        int length = raw.length();
        if (length == 0 || length > LONGEST_PLAIN) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = raw.charAt(i);
            if (!isLetterOrDigit(c) && c != '.' && c != '_' && c != '@' && c != '-') {
                return false;
            }
        }
        return true;
    }

    private static boolean isAddress(String text) {
        int length = text.length();
        if (length == 0 || length > LONGEST_PLAIN) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (!isLetterOrDigit(c) && c != '.' && c != ':' && c != '%') {
                return false;
            }
        }
        return true;
    }

    private static boolean isLetterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private static String digest(String raw) {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        try {
            ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(raw));
            sha256.update(utf8);
        } catch (CharacterCodingException loneSurrogate) {
            // Replacing it, as every charset does, would give two users one id; 0xFF never occurs in UTF-8, so these
            // stay apart from the others.
            sha256.update((byte) 0xFF);
            for (int i = 0; i < raw.length(); i++) {
                sha256.update((byte) (raw.charAt(i) >> 8));
                sha256.update((byte) raw.charAt(i));
            }
        }
        String base64 = Base64.getUrlEncoder().withoutPadding().encodeToString(sha256.digest());
        return '#' + base64.substring(0, DIGEST_CHARACTERS);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof UserId that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The safe text; at most 71 characters. */
    @Override
    public String toString() {
        return text;
    }
}
