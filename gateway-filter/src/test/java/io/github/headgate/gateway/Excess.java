package io.github.headgate.gateway;

import io.github.headgate.Key;
import io.github.headgate.Origin;
import io.github.headgate.gateway.DecisionLog.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The most that two gateways may have granted beyond a limit that they share, by the formula in {@code RELIABILITY.md}:
 * the sum over every time that one of them decided alone.
 */
final class Excess {

    /** What was granted alone is told to Redis this much later at most, once that answers again. */
    private static final long UNTIL_TOLD = Duration.ofMillis(500).toNanos();

    private Excess() {}

    static long most(Key key, DecisionLog one, DecisionLog other) {
        List<Entry> ofOne = one.of(key);
        List<Entry> ofOther = other.of(key);
        return most(ofOne, ofOther) + most(ofOther, ofOne);
    }

    private static long most(List<Entry> own, List<Entry> others) {
        List<Alone> othersAlone = alone(others);
        return alone(own).stream()
                .mapToLong(each -> most(each, others, othersAlone))
                .sum();
    }

    private static long most(Alone own, List<Entry> others, List<Alone> othersAlone) {
        long told = own.end() + UNTIL_TOLD;
        List<Alone> same =
                othersAlone.stream().filter(it -> it.overlaps(own, told)).toList();
        if (same.size() != 1) {
            // The other one was alone more than once meanwhile, or never: this one has not heard of what it granted
            // between.
            return Math.min(own.granted(), granted(others, own.lastAsked(), told));
        }
        Alone outage = same.get(0);
        long before = shared(others, own.lastAsked(), outage.start());
        long after = shared(others, outage.end(), told);
        return (before + 1) / 2 + Math.min(own.granted(), after);
    }

    private static long shared(List<Entry> entries, long from, long till) {
        return granted(entries.stream().filter(each -> each.isBy(Origin.SHARED)).toList(), from, till);
    }

    private static long granted(List<Entry> entries, long from, long till) {
        return entries.stream()
                .filter(Entry::granted)
                .filter(each -> each.decided() - from >= 0 && each.asked() - till <= 0)
                .count();
    }

    /** Each time that a gateway decided alone, from one answer of Redis to the next. */
    private static List<Alone> alone(List<Entry> entries) {
        List<Alone> times = new ArrayList<>();
        long lastAsked = entries.isEmpty() ? 0 : entries.get(0).asked();
        List<Entry> run = new ArrayList<>();
        for (Entry each : entries) {
            if (each.isBy(Origin.LOCAL)) {
                run.add(each);
            } else if (each.isBy(Origin.SHARED)) {
                if (!run.isEmpty()) {
                    times.add(Alone.of(lastAsked, run));
                    run.clear();
                }
                lastAsked = each.asked();
            }
        }
        if (!run.isEmpty()) {
            times.add(Alone.of(lastAsked, run));
        }
        return times;
    }

    /** @param lastAsked when Redis had last been asked and answered */
    private record Alone(long lastAsked, long start, long end, long granted) {

        static Alone of(long lastAsked, List<Entry> run) {
            return new Alone(
                    lastAsked,
                    run.get(0).decided(),
                    run.get(run.size() - 1).decided(),
                    run.stream().filter(Entry::granted).count());
        }

        boolean overlaps(Alone other, long till) {
            return start - till <= 0 && end - other.lastAsked >= 0;
        }
    }
}
