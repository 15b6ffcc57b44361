package io.github.headgate.gateway;

import io.github.headgate.Charge;
import io.github.headgate.Decision;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitStore;
import io.github.headgate.LimitUsage;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.beans.factory.config.BeanPostProcessor;
import reactor.core.publisher.Mono;

/** What a gateway's store decided for each key of one provider, when, and who decided; a bean of that gateway. */
final class DecisionLog implements BeanPostProcessor {

    /** Other providers' callers are only there to be many. */
    static final String LOGGED = "openai";

    private final Map<Key, Queue<Entry>> entries = new ConcurrentHashMap<>();

    /**
     * @param asked when the store was asked, in {@link System#nanoTime} as the next
     * @param decided when it told: it decided between the two
     * @param alone whether Redis was not even asked
     */
    record Entry(long asked, long decided, boolean granted, Origin origin, boolean alone) {

        boolean isBy(Origin who) {
            return origin == who;
        }
    }

    static DecisionLog of(TestGateway gateway) {
        return gateway.context().getBean(DecisionLog.class);
    }

    /** In the order in which they were told. */
    List<Entry> of(Key key) {
        return List.copyOf(entries.getOrDefault(key, new ConcurrentLinkedQueue<>()));
    }

    List<Entry> grants(Key key) {
        return of(key).stream().filter(Entry::granted).toList();
    }

    /** Decisions after Redis was asked in vain, denials too: it may have charged them all the same. */
    int inDoubt(Key key) {
        return (int) of(key).stream()
                .filter(each -> each.isBy(Origin.LOCAL) && !each.alone())
                .count();
    }

    /** The most that was certainly granted within any interval of so many nanoseconds. */
    static long mostWithin(long nanos, List<Entry> grants) {
        List<Entry> all = new ArrayList<>(grants);
        return all.stream()
                .mapToLong(first -> all.stream()
                        .filter(each -> each.asked() - first.asked() >= 0 && each.decided() - first.asked() < nanos)
                        .count())
                .max()
                .orElse(0);
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        return bean instanceof LimitStore store ? new Logged(store) : bean;
    }

    private final class Logged implements LimitStore {

        private final LimitStore store;

        Logged(LimitStore store) {
            this.store = store;
        }

        @Override
        public void decide(LimitRequest request, DecisionSink sink) {
            store.decide(request, request.key().provider().equals(LOGGED) ? logging(request.key(), sink) : sink);
        }

        private DecisionSink logging(Key key, DecisionSink sink) {
            long asked = System.nanoTime();
            boolean alone =
                    store instanceof FailoverStore shared && shared.state().mode() == StoreState.Mode.LOCAL;
            return new DecisionSink() {
                @Override
                public void decided(Decision decision, Origin origin) {
                    entries.computeIfAbsent(key, fresh -> new ConcurrentLinkedQueue<>())
                            .add(new Entry(asked, System.nanoTime(), decision.isGranted(), origin, alone));
                    sink.decided(decision, origin);
                }

                @Override
                public void failed(Throwable cause) {
                    sink.failed(cause);
                }

                @Override
                public boolean isCancelled() {
                    return sink.isCancelled();
                }
            };
        }

        @Override
        public void giveBack(Charge charge) {
            store.giveBack(charge);
        }

        @Override
        public Mono<List<LimitUsage>> usage(Key key, Rule rule) {
            return store.usage(key, rule);
        }

        @Override
        public Mono<Void> reset(Key key) {
            return store.reset(key);
        }
    }
}
