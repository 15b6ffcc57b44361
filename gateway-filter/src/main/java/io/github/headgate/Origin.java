package io.github.headgate;

/** Who came to a decision. */
public enum Origin {
    /** The store that all gateways share, in a call. */
    SHARED,
    /** The shared store, in a denial of a moment ago that is still true: no call was made. */
    REMEMBERED,
    /** This gateway alone. */
    LOCAL
}
