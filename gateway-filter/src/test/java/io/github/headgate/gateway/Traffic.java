package io.github.headgate.gateway;

import static org.awaitility.Awaitility.await;

import io.github.headgate.Key;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Requests at a steady rate, in turn through every gateway, however long the answers take. One of four comes from a
 * user of that gateway alone, one from a user who comes through all of them, and both soon reach their limit; the
 * others come from users who never do. The health of each gateway is asked too.
 */
final class Traffic implements AutoCloseable {

    private static final long EVERY_MILLIS = 8;
    private static final int HEALTH_EVERY = 20;
    private static final Duration WARM = Duration.ofMillis(100);
    private static final String AT_FIRST = "at first";

    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final String name;
    private final TestGateway[] gateways;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final Queue<String> health = new ConcurrentLinkedQueue<>();
    private final AtomicInteger open = new AtomicInteger();
    private final long start = System.nanoTime();
    private volatile String phase = AT_FIRST;
    private final AtomicInteger sent = new AtomicInteger();

    /** Status 0: there was none. */
    private record Answer(String user, int status, Duration after, Duration sent, String during) {

        @Override
        public String toString() {
            return "sent at " + sent.toMillis() + " ms, " + during + ", answered " + status + " after "
                    + after.toMillis() + " ms";
        }
    }

    /** @param name tells its users from those of other traffic */
    Traffic(String name, TestGateway... gateways) {
        this.name = name;
        this.gateways = gateways;
        var unused = clock.scheduleAtFixedRate(this::send, 0, EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void send() {
        int number = sent.getAndIncrement();
        TestGateway gateway = gateways[number % gateways.length];
        String user = switch (phase.equals(AT_FIRST) ? 2 : number / gateways.length % 4) {
            case 0 -> ownUserOf(gateway);
            case 1 -> sharedUser();
            default -> "user-" + number % 50;
        };
        String path = user.startsWith(name) ? "/openai/chat" : "/claude/chat";
        long begin = System.nanoTime();
        String during = phase;
        onAnswer(
                gateway.send(path, "X-User-Id", user),
                status -> {
                    answers.add(new Answer(
                            user,
                            status,
                            Duration.ofNanos(System.nanoTime() - begin),
                            Duration.ofNanos(begin - start),
                            during));
                    answered.incrementAndGet();
                },
                HttpResponse::statusCode,
                0);
        if (number % HEALTH_EVERY < gateways.length) {
            onAnswer(gateway.send("/actuator/health"), health::add, Traffic::summary, "no answer");
        }
    }

    private <T> void onAnswer(
            CompletableFuture<HttpResponse<String>> call,
            Consumer<T> note,
            Function<HttpResponse<String>, T> read,
            T failed) {
        open.incrementAndGet();
        var unused = call.whenComplete((response, failure) -> {
            note.accept(failure == null ? read.apply(response) : failed);
            open.decrementAndGet();
        });
    }

    private static String summary(HttpResponse<String> response) {
        return response.statusCode()
                + (response.body().endsWith("\"status\":\"UP\"}") ? " UP " : " NOT UP ")
                + response.body();
    }

    private String ownUserOf(TestGateway gateway) {
        return name + "-of-" + gateway.port();
    }

    private String sharedUser() {
        return name + "-of-all";
    }

    /** The user who only comes through this gateway. */
    Key ownKeyOf(TestGateway gateway) {
        return Key.of(DecisionLog.LOGGED, ownUserOf(gateway));
    }

    /** The user who comes through all gateways. */
    Key sharedKey() {
        return Key.of(DecisionLog.LOGGED, sharedUser());
    }

    /** Returns when so many more have been answered. */
    void awaitAnswers(int more) {
        int enough = answered.get() + more;
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(30))
                .until(() -> answered.get() >= enough);
    }

    /** What callers were told, of the user who only comes through this gateway. */
    long grantedToOwnUserOf(TestGateway gateway) {
        return grantedTo(ownUserOf(gateway));
    }

    long grantedToSharedUser() {
        return grantedTo(sharedUser());
    }

    private long grantedTo(String user) {
        return answers.stream()
                .filter(each -> each.status() == 200 && each.user().equals(user))
                .count();
    }

    Set<Integer> statuses() {
        Set<Integer> statuses = ConcurrentHashMap.newKeySet();
        answers.forEach(each -> statuses.add(each.status()));
        return statuses;
    }

    /**
     * Returns when the last hundred answers were prompt: an application that has just started is slow for reasons of
     * its own, and a fault in the middle of them could not be told apart. From then on the limited users come too.
     */
    void awaitWarm() {
        await().pollInterval(Duration.ofMillis(50))
                .atMost(Duration.ofSeconds(60))
                .until(() -> {
                    List<Answer> all = List.copyOf(answers);
                    return all.size() > 100
                            && all.subList(all.size() - 100, all.size()).stream()
                                    .allMatch(each -> each.after().compareTo(WARM) < 0);
                });
        enter("before");
    }

    /** Those sent since it was warm that took longer, each with when it was sent. */
    List<String> slowerThan(Duration bound) {
        return answers.stream()
                .filter(each -> !each.during().equals(AT_FIRST))
                .filter(each -> each.after().compareTo(bound) > 0)
                .map(Answer::toString)
                .toList();
    }

    /** The longest that an answer took since it was warm. */
    Duration slowest() {
        return took(AT_FIRST, false).stream().max(Comparator.naturalOrder()).orElse(Duration.ZERO);
    }

    private List<Duration> took(String during, boolean then) {
        return answers.stream()
                .filter(each -> each.during().equals(during) == then)
                .map(Answer::after)
                .sorted()
                .toList();
    }

    int answered() {
        return answered.get();
    }

    /** What is going on from now on. */
    void enter(String next) {
        phase = next;
    }

    Collection<String> health() {
        return health;
    }

    /** Sends no more, and returns when all that was sent is answered. */
    void stop() {
        clock.shutdown();
        await().until(clock::isTerminated);
        await().atMost(Duration.ofSeconds(40)).until(() -> open.get() == 0);
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
