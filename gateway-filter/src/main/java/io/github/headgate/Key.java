package io.github.headgate;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who is limited: a user at a provider, or the provider alone.
 *
 * @param provider a provider's name, {@code [a-z0-9][a-z0-9._-]*}
 * @param user the user, or null for the provider-wide key
 */
public record Key(String provider, @Nullable UserId user) {

    /** @throws IllegalArgumentException if the provider's name is malformed */
    public Key {
        if (!isProviderName(provider)) {
            throw new IllegalArgumentException(
                    "a provider's name must match [a-z0-9][a-z0-9._-]*, not \"" + provider + "\"");
        }
    }

    /**
     * The key of a user as the outside world names him.
     *
     * @param user any text; null for the provider-wide key
     * @throws IllegalArgumentException if the provider's name is malformed
     */
    public static Key of(String provider, @Nullable String user) {
        return new Key(provider, user == null ? null : UserId.of(user));
    }

    /**
     * The key whose {@link #toString()} is the given text.
     *
     * @throws IllegalArgumentException if the provider's name is malformed
     */
    public static Key parse(String text) {
        int colon = text.indexOf(':');
        return colon < 0
                ? new Key(text, null)
                : new Key(text.substring(0, colon), UserId.parse(text.substring(colon + 1)));
    }

    /** Whether a name matches {@code [a-z0-9][a-z0-9._-]*}. By hand, because every request asks. */
    public static boolean isProviderName(String name) {
        if (name.isEmpty() || !isLowerCaseOrDigit(name.charAt(0))) {
            return false;
        }
        for (int i = 1; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!isLowerCaseOrDigit(c) && c != '.' && c != '_' && c != '-') {
                return false;
            }
        }
        return true;
    }

    private static boolean isLowerCaseOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }

    // By hand, as what the compiler makes for a record is slower, and every request asks many times.

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof Key that && provider.equals(that.provider) && Objects.equals(user, that.user));
    }

    @Override
    public int hashCode() {
        return 31 * provider.hashCode() + Objects.hashCode(user);
    }

    /** {@code provider:user}, or {@code provider} alone; no two keys share it. */
    @Override
    public String toString() {
        return user == null ? provider : provider + ':' + user;
    }
}
