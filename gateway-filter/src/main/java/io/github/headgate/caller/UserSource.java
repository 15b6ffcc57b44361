package io.github.headgate.caller;

/** One place that can say who the caller is. As text it is what {@link #parse} reads. */
public sealed interface UserSource {

    /** What {@link #parse} accepts, as a message says it. */
    String ALLOWED = "header:NAME, claim:NAME, principal, ip or bean:NAME";

    /** What {@link #parseVerified} accepts, as a message says it. */
    String VERIFIED_ALLOWED = "claim:NAME, principal or bean:NAME";

    /** A request header, believed because whoever sets it is. */
    record Header(String name) implements UserSource {
        @Override
        public String toString() {
            return "header:" + name;
        }
    }

    /** A claim of the authenticated principal's verified token. */
    record Claim(String name) implements UserSource {
        @Override
        public String toString() {
            return "claim:" + name;
        }
    }

    /** The authenticated principal's name. */
    record PrincipalName() implements UserSource {
        @Override
        public String toString() {
            return "principal";
        }
    }

    /** The address that the request comes from. */
    record Ip() implements UserSource {
        @Override
        public String toString() {
            return "ip";
        }
    }

    /** A bean of the gateway's {@code KeyResolver} type. */
    record Bean(String name) implements UserSource {
        @Override
        public String toString() {
            return "bean:" + name;
        }
    }

    /** Whether a caller cannot choose the answer freely. */
    default boolean isVerified() {
        return this instanceof Claim || this instanceof PrincipalName || this instanceof Bean;
    }

    /**
     * The source that a text of {@value #ALLOWED} names; white space around it does not matter.
     *
     * @throws IllegalArgumentException if the text names no source; the message says what would
     */
    static UserSource parse(String text) {
        String trimmed = text.strip();
        if (trimmed.equals("principal")) {
            return new PrincipalName();
        }
        if (trimmed.equals("ip")) {
            return new Ip();
        }
        int colon = trimmed.indexOf(':');
        String name = colon < 0 ? "" : trimmed.substring(colon + 1).strip();
        if (!name.isEmpty()) {
            switch (trimmed.substring(0, colon)) {
                case "header" -> {
                    if (isToken(name)) {
                        return new Header(name);
                    }
                }
                case "claim" -> {
                    return new Claim(name);
                }
                case "bean" -> {
                    return new Bean(name);
                }
                default -> {}
            }
        }
        throw new IllegalArgumentException("a user source is " + ALLOWED + ", not \"" + text + '"');
    }

    /**
     * A source that decides about privileges, and so may not be the caller's free choice.
     *
     * @throws IllegalArgumentException if the text names no source, or an unverified one
     */
    static UserSource parseVerified(String text) {
        UserSource source = parse(text);
        if (!source.isVerified()) {
            throw new IllegalArgumentException(
                    "a tier comes from a verified source, " + VERIFIED_ALLOWED + ", not from \"" + text + '"');
        }
        return source;
    }

    /** Whether the text can name an HTTP header (RFC 9110, token). */
    private static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!alphanumeric && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
