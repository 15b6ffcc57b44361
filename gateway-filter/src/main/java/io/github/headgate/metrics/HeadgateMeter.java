package io.github.headgate.metrics;

import io.micrometer.core.instrument.Meter;
import java.util.List;

/**
 * Every meter there is. Names and tags are API.
 *
 * <p>No tag ever holds a user's id. The values of {@code provider} are the providers that are built in or configured,
 * and {@value #OTHER_PROVIDER} for all the rest, so that routes that name no known provider add no series.
 */
public enum HeadgateMeter {
    /**
     * {@code outcome}: granted, waited (granted after a delay) or denied. {@code limit}: what a denial hit, minute,
     * hour, day or burst; none for grants and where limits could not be checked. {@code store}: shared, or local when
     * this gateway decided alone. A request whose caller left before it was told is not counted.
     */
    DECISIONS(
            "headgate.decisions",
            Meter.Type.COUNTER,
            "Requests that were told whether they may go",
            "provider",
            "outcome",
            "limit",
            "store"),

    /** In shadow mode, where all of them went at once. Tags as above; waited: it would have been delayed. */
    SHADOW_DECISIONS(
            "headgate.shadow.decisions",
            Meter.Type.COUNTER,
            "Requests in shadow mode by what would have been decided",
            "provider",
            "outcome",
            "limit",
            "store"),

    /** Without the wait. Answers count that nobody waits for any more. */
    DECISION_TIME("headgate.decision.time", Meter.Type.TIMER, "How long a store takes to decide", "provider", "store"),

    /** Of those that waited to the end. */
    WAIT_TIME("headgate.wait.time", Meter.Type.TIMER, "How long granted requests were delayed", "provider"),

    DENIED_WITHOUT_CALL(
            "headgate.denied.without.call",
            Meter.Type.COUNTER,
            "Denials of a moment ago that were told again without asking Redis",
            "provider"),

    WAITING("headgate.waiting", Meter.Type.GAUGE, "Requests that wait for their permits now"),

    STORE_SHARED(
            "headgate.store.shared",
            Meter.Type.GAUGE,
            "1 while Redis decides, shared by all gateways; 0 while this gateway decides alone"),

    /** {@code state}: closed or open. Only where a Redis is configured, like all that follow. */
    BREAKER_STATE(
            "headgate.breaker.state",
            Meter.Type.GAUGE,
            "1 for the state that the circuit breaker is in, else 0",
            "state"),

    FAILOVERS(
            "headgate.failovers",
            Meter.Type.COUNTER,
            "Times that Redis was given up until it is back, a start without it included"),

    CHARGES_PENDING(
            "headgate.charges.pending",
            Meter.Type.GAUGE,
            "Grants made without Redis that are still to be charged there"),

    CHARGES_DROPPED(
            "headgate.charges.dropped",
            Meter.Type.COUNTER,
            "Grants made without Redis that will never be charged there: too many were pending");

    /** Stands for all providers that are neither built in nor configured. */
    static final String OTHER_PROVIDER = "other";

    private final String meterName;
    private final Meter.Type type;
    private final String description;

    @SuppressWarnings("ImmutableEnumChecker") // List.of's cannot change.
    private final List<String> tags;

    HeadgateMeter(String meterName, Meter.Type type, String description, String... tags) {
        this.meterName = meterName;
        this.type = type;
        this.description = description;
        this.tags = List.of(tags);
    }

    public String meterName() {
        return meterName;
    }

    public Meter.Type type() {
        return type;
    }

    public String description() {
        return description;
    }

    /** The keys of its tags, all of which every series has. */
    public List<String> tags() {
        return tags;
    }
}
