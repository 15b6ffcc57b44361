package io.github.headgate.filter;

/** What happens to a request that is over its limit. */
public enum Mode {
    /** It is denied at once. */
    REJECT,
    /** It is delayed until it fits, and denied only if that would take longer than the longest wait. */
    WAIT
}
