package io.github.headgate.autoconfigure;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Knows the HTTP servers under which a client of Headgate may wait in vain. */
final class ServerVersion {

    /** See Reactor Netty's issue 4361: answers that come at once, as denials do, may stop a connection's reading. */
    private static final Set<String> STOP_READING = Set.of("1.3.6", "1.3.7");

    private ServerVersion() {}

    /**
     * What to say of a version of Reactor Netty; null if there is nothing.
     *
     * @param reactorNetty as its jar says; null when it does not
     */
    static @Nullable String warning(@Nullable String reactorNetty) {
        return reactorNetty != null && STOP_READING.contains(reactorNetty)
                ? "Reactor Netty " + reactorNetty
                        + " now and then stops reading a connection that a client keeps alive,"
                        + " and the client's next request is never answered (its issue 4361): use 1.3.8 or newer"
                : null;
    }
}
