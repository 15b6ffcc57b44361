package io.github.headgate.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import io.github.headgate.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Random lives of one key, each from a seed that a failure prints, held against the brute-force {@link Oracle}. */
final class RandomHistories {

    private static final int STEPS = 60;
    /** A few requests of so many permits make counts of two bytes, of three and of four. */
    private static final int[] SIZES = {1, 25_000, 5_000_000};

    private final StoreUnderTest store;

    RandomHistories(StoreUnderTest store) {
        this.store = store;
    }

    /** Requests at random gaps, some of which may wait, under one rule: every decision is exactly the oracle's. */
    void decisionsAreExactlyTheOracles(long seed) {
        Random random = new Random(seed);
        Key key = Key.of("exact", "s" + seed);
        int size = SIZES[random.nextInt(SIZES.length)];
        Rule rule = times(size, rule(random));
        Oracle oracle = new Oracle();
        store.setNow(store.now() + random.nextInt(100_000_000));
        for (int step = 0; step < STEPS; step++) {
            store.advance(gap(random, rule));
            long now = store.now();
            int permits = size * permits(random);
            long maxWait = maxWait(random);
            String where = "seed %d, step %d, %s, %d permits, wait %d".formatted(seed, step, rule, permits, maxWait);

            Decision decision = store.decide(key, rule, permits, maxWait);

            if (neverFits(rule, permits)) {
                assertThat(decision).as(where).isInstanceOf(Denied.class);
                assertThat(((Denied) decision).retryAfterMillis()).as(where).isNull();
                continue;
            }
            long earliest = oracle.earliest(rule, permits, now);
            if (earliest - now <= maxWait) {
                assertThat(decision).as(where).isInstanceOf(Granted.class);
                assertThat(((Granted) decision).delayMillis()).as(where).isEqualTo(earliest - now);
                oracle.granted(earliest, permits, rule);
                assertUsage(where, decision, oracle, earliest);
            } else {
                assertThat(decision).as(where).isInstanceOf(Denied.class);
                long retryAfter = earliest - now - maxWait;
                assertThat(((Denied) decision).retryAfterMillis()).as(where).isEqualTo(retryAfter);
                assertUsage(where, decision, oracle, now);
                if (random.nextBoolean()) {
                    assertExact(where, key, rule, permits, maxWait, retryAfter, oracle);
                }
            }
        }
        for (Window window : rule.windows()) {
            assertThat(oracle.most(window))
                    .as("seed %d, %s", seed, window)
                    .isLessThanOrEqualTo(Objects.requireNonNull(rule.limit(window)));
        }
    }

    private void assertExact(
            String where, Key key, Rule rule, int permits, long maxWait, long retryAfter, Oracle oracle) {
        store.advance(retryAfter - 1);
        assertThat(store.decide(key, rule, permits, maxWait))
                .as(where + ", a ms early")
                .isInstanceOf(Denied.class);
        store.advance(1);
        Decision again = store.decide(key, rule, permits, maxWait);
        assertThat(again).as(where + ", at retry-after").isInstanceOf(Granted.class);
        oracle.granted(store.now() + ((Granted) again).delayMillis(), permits, rule);
    }

    private static void assertUsage(String where, Decision decision, Oracle oracle, long at) {
        for (LimitUsage each : decision.usage()) {
            for (Window window : Window.values()) {
                if (window.limitKind() == each.kind()) {
                    assertThat(each.remaining()).as("%s: %s", where, each).isEqualTo((int)
                            Math.max(0, each.limit() - oracle.used(window, at)));
                }
            }
        }
    }

    /**
     * Rules that change, waiters that cancel, resets: never more than the rule of the moment allows, in any interval.
     */
    void nothingIsEverGrantedTwice(long seed) {
        Random random = new Random(seed);
        Key key = Key.of("cancel", "s" + seed);
        boolean changing = random.nextBoolean();
        Rule rule = rule(random);
        Oracle oracle = new Oracle();
        List<Granted> open = new ArrayList<>();
        List<Granted> forgotten = new ArrayList<>();
        store.setNow(store.now() + random.nextInt(100_000_000));
        for (int step = 0; step < STEPS * 2; step++) {
            store.advance(gap(random, rule) / 2);
            if (changing && random.nextInt(12) == 0) {
                rule = rule(random);
            }
            if (changing && random.nextInt(40) == 0) {
                store.reset(key);
                oracle.forget();
                forgotten.addAll(open);
                open.clear();
                store.advance(1);
            }
            int what = random.nextInt(10);
            if (what < 3 && !open.isEmpty()) {
                Granted leaving = open.remove(random.nextInt(open.size()));
                store.giveBack(((At) leaving.charge()).charge());
                oracle.gaveBack(instantOf(leaving), leaving.charge().permits());
                continue;
            }
            if (what == 3 && !forgotten.isEmpty()) {
                // Too late: nothing of it is charged any more, and nothing that was charged since may go.
                store.giveBack(((At) forgotten.remove(0).charge()).charge());
                continue;
            }
            int permits = permits(random);
            Decision decision = store.decide(key, rule, permits, maxWait(random));
            if (decision instanceof Granted granted) {
                long instant = store.now() + granted.delayMillis();
                assertThat(instant)
                        .as("seed %d, step %d: nobody overtakes a waiter", seed, step)
                        .isGreaterThanOrEqualTo(oracle.latest());
                oracle.granted(instant, permits, rule);
                open.add(new Granted(granted.usage(), granted.delayMillis(), new At(granted.charge(), instant)));
                for (Window window : rule.windows()) {
                    assertThat(oracle.endingAt(window, instant))
                            .as("seed %d, step %d, %s of %s", seed, step, window, rule)
                            .isLessThanOrEqualTo(Objects.requireNonNull(rule.limit(window)));
                }
            }
            open.removeIf(granted -> random.nextInt(4) == 0 && instantOf(granted) <= store.now());
            if (!changing) {
                assertWithin(seed, step, oracle, rule);
            }
        }
    }

    /**
     * When waiters have gone, the next asker waits no longer than if they had never come, rounded up to one slot: all
     * of them in whatever order, or those at the end of the queue.
     */
    void goneWaitersLeaveNothingBehind(long seed) {
        Random random = new Random(seed);
        Key key = Key.of("gone", "s" + seed);
        Key twin = Key.of("twin", "s" + seed);
        Rule rule = rule(random);
        for (int i = random.nextInt(20); i > 0; i--) {
            store.advance(random.nextInt(3_000));
            decideForBoth(key, twin, rule, permits(random), 0);
        }
        for (int i = random.nextBoolean() ? random.nextInt(5) : 0; i > 0; i--) {
            store.advance(random.nextInt(200));
            decideForBoth(key, twin, rule, permits(random), 60_000);
        }
        List<Granted> leaving = new ArrayList<>();
        long firstTurn = Long.MAX_VALUE;
        for (int i = random.nextInt(30); i > 0; i--) {
            store.advance(random.nextInt(200));
            if (store.decide(key, rule, permits(random), 60_000) instanceof Granted granted) {
                leaving.add(granted);
                if (granted.delayMillis() == 0) {
                    store.giveBack(leaving.remove(leaving.size() - 1).charge());
                } else {
                    firstTurn = Math.min(firstTurn, store.now() + granted.delayMillis());
                }
            }
        }
        Collections.shuffle(leaving, random);
        leaving.forEach(granted -> store.giveBack(granted.charge()));
        int permits = permits(random);
        if (neverFits(rule, permits) || firstTurn <= store.now()) {
            // Whoever had his turn before he left was no waiter any more: the bucket may keep what it refilled since.
            return;
        }
        long now = store.now();
        long wait = waitOf(store.decide(key, rule, permits, 0));
        store.setNow(now);
        long waitOfTwin = waitOf(store.decide(twin, rule, permits, 0));
        assertThat(wait)
                .as("seed %d, %s, %d permits", seed, rule, permits)
                .isLessThanOrEqualTo(waitOfTwin + rule.shortestWindow().slotMillis());
    }

    private void decideForBoth(Key key, Key twin, Rule rule, int permits, long maxWait) {
        long now = store.now();
        Decision decision = store.decide(key, rule, permits, maxWait);
        store.setNow(now);
        Decision same = store.decide(twin, rule, permits, maxWait);
        assertThat(decision.isGranted()).isEqualTo(same.isGranted());
    }

    /** A clock that steps: back, it grants nothing extra and locks nobody out; forward, it frees at most one limit. */
    void steppingClocksGrantNothingExtra(long seed) {
        Random random = new Random(seed);
        Key key = Key.of("steps", "s" + seed);
        Rule rule = rule(random);
        Oracle truth = new Oracle();
        long trueNow = store.now();
        long skew = 0;
        for (int step = 0; step < STEPS; step++) {
            trueNow += gap(random, rule) / 4;
            if (random.nextInt(8) == 0) {
                skew -= random.nextInt(7_200_000);
            }
            store.setNow(trueNow + skew);
            int permits = permits(random);
            Decision decision = store.decide(key, rule, permits, 0);
            if (decision instanceof Granted) {
                truth.granted(trueNow, permits, rule);
            }
            assertWithin(seed, step, truth, rule);
        }
        // After a step back, the longest the rule itself could cause: every window a slot over its length, and a
        // refill.
        skew -= 3_600_000;
        store.setNow(trueNow + skew);
        if (store.decide(key, rule, 1, 0) instanceof Denied denied) {
            long longest = 0;
            for (Window window : rule.windows()) {
                longest = Math.max(longest, window.millis() + window.slotMillis());
            }
            assertThat(denied.retryAfterMillis()).as("seed %d", seed).isLessThanOrEqualTo(longest);
            store.advance(Objects.requireNonNull(denied.retryAfterMillis()));
            assertThat(store.decide(key, rule, 1, 0)).as("seed %d", seed).isInstanceOf(Granted.class);
        }
    }

    private void assertWithin(long seed, int step, Oracle oracle, Rule rule) {
        for (Window window : rule.windows()) {
            assertThat(oracle.most(window))
                    .as("seed %d, step %d, %s of %s", seed, step, window, rule)
                    .isLessThanOrEqualTo(Objects.requireNonNull(rule.limit(window)));
        }
        assertThat(oracle.burstExcess(rule))
                .as("seed %d, step %d, burst of %s", seed, step, rule)
                .isLessThan(1e-6);
    }

    private static long waitOf(Decision decision) {
        return decision instanceof Denied denied ? Objects.requireNonNull(denied.retryAfterMillis()) : 0;
    }

    private static boolean neverFits(Rule rule, int permits) {
        Integer burst = rule.burstCapacity();
        return (burst != null && permits > burst)
                || rule.windows().stream().anyMatch(window -> permits > Objects.requireNonNull(rule.limit(window)));
    }

    private static Rule rule(Random random) {
        while (true) {
            Integer minute = random.nextInt(4) == 0 ? null : (Integer) (1 + random.nextInt(30));
            Integer hour = random.nextInt(3) == 0 ? null : (Integer) (1 + random.nextInt(60));
            Integer day = random.nextInt(3) == 0 ? null : (Integer) (1 + random.nextInt(90));
            Integer burst = random.nextInt(3) == 0 ? null : (Integer) (1 + random.nextInt(20));
            if (minute != null || hour != null || day != null) {
                return new Rule(minute, hour, day, burst);
            }
        }
    }

    private static Rule times(int size, Rule rule) {
        return new Rule(
                times(size, rule.limit(Window.MINUTE)),
                times(size, rule.limit(Window.HOUR)),
                times(size, rule.limit(Window.DAY)),
                times(size, rule.burstCapacity()));
    }

    private static @Nullable Integer times(int size, @Nullable Integer limit) {
        return limit == null ? null : size * limit;
    }

    private static long gap(Random random, Rule rule) {
        return switch (random.nextInt(12)) {
            case 0 -> random.nextInt(61_500);
            case 1 -> random.nextInt(3_700_000);
            case 2 -> random.nextInt(3) == 0 ? random.nextInt(100_000_000) : 0;
            case 3, 4, 5 -> 0;
            case 6, 7 -> random.nextInt(50);
            case 8, 9 -> random.nextInt(1_200);
            default -> random.nextInt((int) (rule.shortestWindow().slotMillis() * 3));
        };
    }

    private static int permits(Random random) {
        return random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(random.nextInt(5) == 0 ? 40 : 4);
    }

    private static long maxWait(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(60_001);
            case 1 -> 60_000;
            default -> 0;
        };
    }

    private static long instantOf(Granted granted) {
        return ((At) granted.charge()).instant();
    }

    /** A charge with the true instant at which its permits are spent. */
    private record At(Charge charge, long instant) implements Charge {
        @Override
        public Key key() {
            return charge.key();
        }

        @Override
        public int permits() {
            return charge.permits();
        }
    }
}
