package io.github.headgate.filter;

import io.github.headgate.http.Dialect;
import java.util.Collection;

/** The providers that the application knows: built in, or configured. */
public interface Providers {

    /** The names of all of them, for messages. */
    Collection<String> names();

    default boolean isKnown(String provider) {
        return names().contains(provider);
    }

    /** Whether a provider's limits are only tried: counted and shown, but holding nobody up. */
    default boolean shadow(String provider) {
        return false;
    }

    /** The dialect of a provider's callers; of one that is not known, too. */
    Dialect dialect(String provider);
}
