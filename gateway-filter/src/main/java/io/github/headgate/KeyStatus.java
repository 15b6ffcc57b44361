package io.github.headgate;

import java.util.List;

/**
 * Where a key stands right now.
 *
 * @param key who
 * @param rule the rule in force for it
 * @param usage one entry for each limit of the rule: windows shortest first, then the burst
 */
public record KeyStatus(Key key, Rule rule, List<LimitUsage> usage) {

    /** Whether, by its usage, a request for one permit would be denied now. */
    public boolean limited() {
        for (LimitUsage each : usage) {
            if (each.remaining() == 0) {
                return true;
            }
        }
        return false;
    }
}
