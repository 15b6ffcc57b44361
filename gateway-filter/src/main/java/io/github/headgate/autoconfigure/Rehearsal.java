package io.github.headgate.autoconfigure;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import io.github.headgate.http.Dialect;
import io.github.headgate.http.LimitHeaders;
import io.github.headgate.http.Refusals;
import io.github.headgate.local.LocalStore;
import io.github.headgate.metrics.BusiestKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;

/**
 * Days of decisions before the first request, on a store and by a clock of their own. Until a minute has passed no
 * permit ever leaves a window, and perhaps nobody is denied: a compiler that has not seen either leaves it out of what
 * it makes of the decision. When it comes it comes for all keys at once, and they wait for all of that to be made anew.
 */
final class Rehearsal {

    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

    /** Enough for the compiler to begin counting which way decisions go, and to have counted. */
    private static final int STEPS = 4_000;

    private static final int STEPS_OF_A_USER = 64;
    private static final Rule RULE = Rule.of(30, 40, 1_000, 15);
    private static final int LONGEST_WAIT_MILLIS = 2_000;
    private static final Dialect[] DIALECTS = Dialect.values();

    /** What becomes of a request. */
    enum Outcome {
        GRANTED_AT_ONCE,
        GRANTED_LATER,
        DENIED
    }

    private final LocalStore store = new LocalStore(STEPS, () -> this.nanos);
    private final BusiestKeys busiest = new BusiestKeys(() -> this.nanos);
    private long nanos;

    private Rehearsal() {}

    /** Takes about a tenth of a second, on the calling thread. Returns how often each outcome came about. */
    static Map<Outcome, Integer> play() {
        long begin = System.nanoTime();
        Rehearsal rehearsal = new Rehearsal();
        Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        for (int step = 0; step < STEPS; step++) {
            rehearsal.goTo(step);
            outcomes.merge(rehearsal.play(step), 1, Integer::sum);
        }
        LOG.debug(
                "Rehearsed decisions in {} ms: {}", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin), outcomes);
        return outcomes;
    }

    /**
     * Bursts within a second, seconds without a request, and with each user a long pause: one window or two are over.
     */
    private void goTo(int step) {
        int ofUser = step % STEPS_OF_A_USER;
        if (ofUser == STEPS_OF_A_USER / 2) {
            nanos += TimeUnit.MINUTES.toNanos(step % (2 * STEPS_OF_A_USER) == ofUser ? 10 : 120);
        } else {
            nanos += step % 16 == 0 ? TimeUnit.SECONDS.toNanos(7) : TimeUnit.MILLISECONDS.toNanos(40);
        }
    }

    private Outcome play(int step) {
        int maxWaitMillis = step % 4 == 0 ? LONGEST_WAIT_MILLIS : 0;
        LimitRequest request = new LimitRequest(key("decided", step), RULE, 1, maxWaitMillis);
        Decision decision = store.decide(request);
        busiest.told(request, decision, Origin.LOCAL);
        Dialect dialect = DIALECTS[step % DIALECTS.length];
        Instant now = Instant.ofEpochSecond(0, nanos);
        if (!(decision instanceof Granted granted)) {
            // Not each time: it takes longer than the decision.
            if (step % 4 == 1) {
                refuse((Denied) decision, dialect, now);
            }
            return Outcome.DENIED;
        }
        LimitHeaders.write(new HttpHeaders(), dialect, granted, now);
        // As when Redis grants: mostly to this gateway, now and then to another.
        if (step % 8 == 0) {
            store.giveBack(granted.charge());
        } else if (step % 8 != 3) {
            store.charge(request.by(key("charged", step)), granted.delayMillis(), granted.usage());
        }
        return granted.delayMillis() == 0 ? Outcome.GRANTED_AT_ONCE : Outcome.GRANTED_LATER;
    }

    private static Key key(String store, int step) {
        return Key.of("rehearsal", store + '-' + step / STEPS_OF_A_USER);
    }

    private static void refuse(Denied denied, Dialect dialect, Instant now) {
        Refusals.Occasion occasion = new Refusals.Occasion(dialect, "req_rehearsal", now);
        var unused = Refusals.denied(occasion, denied, false, Duration.ofMinutes(1));
    }
}
