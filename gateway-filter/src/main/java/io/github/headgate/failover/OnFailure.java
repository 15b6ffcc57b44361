package io.github.headgate.failover;

/** What becomes of a request that Redis cannot decide. */
public enum OnFailure {
    /** The local store decides, knowing what this gateway has granted lately. */
    LOCAL,
    /** It goes, uncounted. */
    ALLOW,
    /** It is denied, and told that limits cannot be checked just now. */
    DENY
}
