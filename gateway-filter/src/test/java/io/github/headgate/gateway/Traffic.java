package io.github.headgate.gateway;

import static org.awaitility.Awaitility.await;

import io.github.headgate.Key;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
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
import java.util.concurrent.atomic.AtomicLong;
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
    private static final int ENOUGH = 5;
    private static final Duration WARM = Duration.ofMillis(200);
    private static final String AT_FIRST = "at first";

    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final String name;
    private final TestGateway[] gateways;
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final Queue<String> health = new ConcurrentLinkedQueue<>();
    private final AtomicInteger open = new AtomicInteger();
    private final HttpRequest straight;
    private final AtomicLong latestNanos = new AtomicLong();
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
        this.straight = HttpRequest.newBuilder(URI.create(gateways[0]
                        .context()
                        .getEnvironment()
                        .getRequiredProperty("spring.cloud.gateway.server.webflux.routes[0].uri")))
                .timeout(Duration.ofSeconds(30))
                .build();
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
            askStraight();
        }
    }

    /** Past the gateways, to know how late this machine itself makes an answer. */
    private void askStraight() {
        long begin = System.nanoTime();
        boolean counts = !phase.equals(AT_FIRST);
        onAnswer(
                TestGateway.client().sendAsync(straight, HttpResponse.BodyHandlers.ofString()),
                status -> {
                    if (counts) {
                        latestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max);
                    }
                },
                HttpResponse::statusCode,
                0);
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

    String name() {
        return name;
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
                .atMost(Duration.ofSeconds(30).plusMillis(2 * EVERY_MILLIS * more))
                .until(() -> answered.get() >= enough);
    }

    /** Returns when each limited user has been denied for a while, not counting what he asked before. */
    void awaitSpent() {
        Duration now = Duration.ofNanos(System.nanoTime() - start);
        List<String> limited = new ArrayList<>(List.of(sharedUser()));
        for (TestGateway gateway : gateways) {
            limited.add(ownUserOf(gateway));
        }
        await().pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(20))
                .until(() -> limited.stream().allMatch(user -> isSpent(user, now)));
    }

    private boolean isSpent(String user, Duration since) {
        List<Answer> latest = answers.stream()
                .filter(each -> each.user().equals(user) && each.sent().compareTo(since) >= 0)
                .toList();
        return latest.size() > ENOUGH
                && latest.subList(latest.size() - ENOUGH, latest.size()).stream()
                        .allMatch(each -> each.status() == 429);
    }

    /** What callers were told, of the user who only comes through this gateway. */
    long grantedToTheOneOf(TestGateway gateway) {
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

    /** The longest that an answer took past the gateways since it was warm: no gateway can be sooner. */
    Duration machine() {
        return Duration.ofNanos(latestNanos.get());
    }

    /** The longest that an answer took since it was warm. */
    Duration slowest() {
        return answers.stream()
                .filter(each -> !each.during().equals(AT_FIRST))
                .map(Answer::after)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
    }

    /** Whether all that it was granted lies in one window of a minute. */
    boolean isWithinAMinute() {
        return System.nanoTime() - start < Duration.ofSeconds(58).toNanos();
    }

    /** Within how long so large a part of the answers came to what was sent in a phase. */
    Duration took(double part, String phaseThen) {
        List<Duration> took = answers.stream()
                .filter(each -> each.during().equals(phaseThen))
                .map(Answer::after)
                .sorted()
                .toList();
        return took.get((int) (took.size() * part));
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
