package io.github.headgate.contract;

import io.github.headgate.Rule;
import io.github.headgate.Window;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * What a key's limits allow, worked out by brute force from a plain list of grants. Shares no code with the stores.
 *
 * <p>Instants are in milliseconds of one clock that never steps.
 */
final class Oracle {

    /** A grant: when its permits are spent, and under which rule. */
    record Grant(long instant, int permits, Rule rule) {}

    private static final long UNIT = 86_400_000;
    private static final BigInteger UNITS = BigInteger.valueOf(UNIT);

    private final List<Grant> grants = new ArrayList<>();

    void granted(long instant, int permits, Rule rule) {
        grants.add(new Grant(instant, permits, rule));
    }

    void gaveBack(long instant, int permits) {
        for (int i = grants.size() - 1; i >= 0; i--) {
            Grant each = grants.get(i);
            if (each.instant == instant && each.permits == permits) {
                grants.remove(i);
                return;
            }
        }
        throw new IllegalStateException("no such grant");
    }

    void forget() {
        grants.clear();
    }

    /** The latest instant given away. */
    long latest() {
        return grants.stream().mapToLong(Grant::instant).max().orElse(Long.MIN_VALUE);
    }

    /** The most permits in any closed interval of the window's length, of those that the window counted. */
    long most(Window window) {
        return grants.stream()
                .mapToLong(last -> endingAt(window, last.instant))
                .max()
                .orElse(0);
    }

    /** The permits in the closed interval of the window's length that ends then, of those that the window counted. */
    long endingAt(Window window, long end) {
        return grants.stream()
                .filter(each ->
                        each.rule.limit(window) != null && each.instant <= end && each.instant >= end - window.millis())
                .mapToLong(Grant::permits)
                .sum();
    }

    /**
     * The first instant, not before now nor before the latest given away, at which the slot arithmetic lets a request
     * go.
     */
    long earliest(Rule rule, int permits, long now) {
        long start = Math.max(now, latest());
        List<Long> candidates = new ArrayList<>();
        candidates.add(start);
        for (Window window : rule.windows()) {
            for (Grant each : grants) {
                candidates.add((each.instant / window.slotMillis() + 61) * window.slotMillis());
            }
        }
        candidates.add(Math.max(start, burstFits(rule, permits)));
        return candidates.stream()
                .filter(candidate -> candidate >= start)
                .sorted()
                .filter(candidate -> fits(rule, permits, candidate))
                .findFirst()
                .orElseThrow();
    }

    private boolean fits(Rule rule, int permits, long at) {
        for (Window window : rule.windows()) {
            Integer limit = rule.limit(window);
            if (limit != null && used(window, at) + permits > limit) {
                return false;
            }
        }
        return at >= burstFits(rule, permits);
    }

    /** What the slot arithmetic counts in a window at an instant. */
    long used(Window window, long at) {
        long oldest = at / window.slotMillis() - 60;
        return grants.stream()
                .filter(each -> each.rule.limit(window) != null && each.instant / window.slotMillis() >= oldest)
                .mapToLong(Grant::permits)
                .sum();
    }

    private static long perMilli(Rule rule) {
        Window shortest = rule.shortestWindow();
        return UNIT / shortest.millis() * Objects.requireNonNull(rule.limit(shortest));
    }

    /** When the token bucket, followed from grant to grant under the present rule, holds so many permits. */
    private long burstFits(Rule rule, int permits) {
        Integer capacity = rule.burstCapacity();
        if (capacity == null) {
            return Long.MIN_VALUE;
        }
        var full = BigInteger.valueOf(capacity).multiply(UNITS);
        var level = full;
        var rate = BigInteger.valueOf(perMilli(rule));
        long at = grants.isEmpty() ? 0 : grants.get(0).instant;
        for (Grant each : grants) {
            level = full.min(level.add(rate.multiply(BigInteger.valueOf(each.instant - at))));
            if (each.rule.burstCapacity() != null) {
                level = level.subtract(BigInteger.valueOf(each.permits).multiply(UNITS));
            }
            at = each.instant;
        }
        var missing = BigInteger.valueOf(permits).multiply(UNITS).subtract(level);
        if (missing.signum() <= 0) {
            return at;
        }
        return at + missing.add(rate).subtract(BigInteger.ONE).divide(rate).longValueExact();
    }

    /** The largest excess, in permits, of what was granted in any interval over what a full bucket could have given. */
    double burstExcess(Rule rule) {
        Integer capacity = rule.burstCapacity();
        if (capacity == null) {
            return 0;
        }
        List<Grant> ordered = new ArrayList<>(grants);
        ordered.sort(Comparator.comparingLong(Grant::instant));
        double worst = 0;
        for (int i = 0; i < ordered.size(); i++) {
            long sum = 0;
            for (int j = i; j < ordered.size(); j++) {
                sum += ordered.get(j).permits;
                double could =
                        capacity + (double) perMilli(rule) * (ordered.get(j).instant - ordered.get(i).instant) / UNIT;
                worst = Math.max(worst, sum - could);
            }
        }
        return worst;
    }
}
