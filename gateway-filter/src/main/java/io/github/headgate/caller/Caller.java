package io.github.headgate.caller;

import io.github.headgate.UserId;

/** Whom a request is to be counted against. */
public sealed interface Caller {

    /** A user of its own. */
    record Known(UserId id) implements Caller {}

    /** Nobody in particular: the provider-wide key. */
    record Shared() implements Caller {}

    /** Nobody, and such requests are not served. */
    record Refused() implements Caller {}
}
