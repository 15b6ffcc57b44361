package io.github.headgate.sample.console;

import io.github.headgate.failover.StoreView;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.metrics.BusiestKeys;
import io.github.headgate.metrics.HeadgateMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A snapshot a second for each who watches. */
@RestController
final class Pulse {

    private static final int USERS_A_PROVIDER = 5;

    /** After which the browser connects again by itself, and has to be signed in still. */
    private static final Duration LONGEST_STREAM = Duration.ofMinutes(5);

    private final StoreRateLimiter limiter;
    private final StoreView store;
    private final BusiestKeys busiest;
    private final MeterRegistry meters;

    Pulse(StoreRateLimiter limiter, StoreView store, BusiestKeys busiest, MeterRegistry meters) {
        this.limiter = limiter;
        this.store = store;
        this.busiest = busiest;
        this.meters = meters;
    }

    @GetMapping(path = "/console/stream", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<Snapshot> stream() {
        return Flux.interval(Duration.ZERO, Duration.ofSeconds(1))
                .onBackpressureDrop()
                .concatMap(tick -> snapshot(), 1)
                .take(LONGEST_STREAM);
    }

    private Mono<Snapshot> snapshot() {
        return Flux.fromIterable(limiter.rules().providerNames())
                .concatMap(this::provider)
                .collectList()
                .map(providers -> new Snapshot(
                        System.currentTimeMillis(), Snapshot.Store.of(store), limiter.waiting(), providers));
    }

    private Mono<Snapshot.Provider> provider(String name) {
        return Flux.fromIterable(busiest.top(name, USERS_A_PROVIDER))
                .map(BusiestKeys.Busy::key)
                .concatMap(key -> limiter.status(key).map(status -> Snapshot.User.of(status, limiter.waiting(key))))
                .collectList()
                .map(users -> new Snapshot.Provider(name, decisions(name), users));
    }

    private Map<String, Long> decisions(String provider) {
        Map<String, Long> byOutcome = new TreeMap<>(Map.of("granted", 0L, "waited", 0L, "denied", 0L));
        for (Counter counter : meters.find(HeadgateMeter.DECISIONS.meterName())
                .tag("provider", provider)
                .counters()) {
            String outcome = counter.getId().getTag("outcome");
            if (outcome != null) {
                byOutcome.merge(outcome, (long) counter.count(), Long::sum);
            }
        }
        return byOutcome;
    }
}
