package io.github.headgate.failover;

import io.github.headgate.Key;
import io.github.headgate.arithmetic.SlotCharge;
import io.github.headgate.arithmetic.Spent;
import java.util.List;
import java.util.function.Consumer;

/**
 * What Redis is told in one call of the permits of one key that were spent without it. When the call fails it is told
 * again as it is, for by its name Redis knows whether it has been told before.
 *
 * @param name unlike that of all else that any gateway tells
 * @param atMillis the instant, on a clock of the teller's own, to which the ages of what was spent refer
 * @param grants how many pending grants it is made of
 * @param charged hears what Redis has charged, in order
 */
record Telling(String name, Key key, List<Spent> spent, long atMillis, int grants, Consumer<List<SlotCharge>> charged) {

    /** What was spent, as old as it is at an instant of the same clock. */
    List<Spent> spentBy(long nowMillis) {
        return spent.stream()
                .map(each -> new Spent(each.rule(), each.permits(), each.ageMillis() + nowMillis - atMillis))
                .toList();
    }

    int permits() {
        return spent.stream().mapToInt(Spent::permits).sum();
    }
}
