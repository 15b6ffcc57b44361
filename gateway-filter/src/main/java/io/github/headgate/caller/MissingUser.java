package io.github.headgate.caller;

/** What happens to a request that none of the sources names a user for. */
public enum MissingUser {
    /** It counts against the provider-wide key, together with all others of its kind. */
    SHARED,
    /** It is refused with status 401. */
    DENY,
    /** It counts against the address that it comes from, or the provider-wide key where there is no address. */
    IP
}
