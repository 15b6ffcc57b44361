package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.testing.TestRedis;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests over their limit that are held until they may go, seen from both ends of the gateway. */
class WaitModeTest {

    private final WireMockServer upstream = TestGateway.upstream();
    private final List<TestGateway> gateways = new ArrayList<>();

    WaitModeTest() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
    }

    @AfterEach
    void stop() {
        gateways.forEach(TestGateway::close);
        upstream.stop();
    }

    private TestGateway start(String rule, String headgate, String... arguments) {
        String yaml = """
                headgate:
                  mode: wait
                  providers: { openai: %s }
                %s
                """.formatted(rule, headgate.indent(2));
        TestGateway gateway = new TestGateway.Application(TestGateway.Plain.class)
                .withArguments(arguments)
                .start(yaml + TestGateway.routes(upstream, "openai"));
        gateways.add(gateway);
        gateway.get("/openai/warm-up", "X-User-Id", "warm-up");
        return gateway;
    }

    @Test
    void heldRequestsGoAtThePaceOfTheRuleInTheOrderTheyCame() {
        TestGateway gateway = start("{ requests-per-minute: 240, burst-capacity: 1 }", "max-wait: 10s");

        assertReleasedInOrder(Duration.ofMillis(250), 9, gateway);
    }

    @Test
    void heldRequestsKeepTheirOrderAcrossTwoGateways() {
        try (TestRedis redis = TestRedis.start()) {
            String shared = "max-wait: 10s\nredis: { timeout: 2s }\n";
            String rule = "{ requests-per-minute: 240, burst-capacity: 1 }";
            String url = "--spring.data.redis.url=" + redis.url();

            assertReleasedInOrder(Duration.ofMillis(250), 9, start(rule, shared, url), start(rule, shared, url));
        }
    }

    /** Each is sent when the one before has been decided, to the gateways in turn. */
    private void assertReleasedInOrder(Duration pace, int waiters, TestGateway... through) {
        long begin = System.currentTimeMillis();
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i <= waiters; i++) {
            answers.add(through[i % through.length].send("/openai/" + i, "X-User-Id", "alice"));
            int decided = i + 1;
            await().pollInterval(Duration.ofMillis(2)).until(() -> waiting(through) + seen().size() >= decided);
        }

        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
        List<LoggedRequest> seen = seen();
        assertThat(seen)
                .extracting(LoggedRequest::getUrl)
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(0, waiters).mapToObj(i -> "/" + i).toList());
        for (int i = 0; i <= waiters; i++) {
            long after = at(seen.get(i)) - begin;
            assertThat(after).as("request " + i).isBetween(i * pace.toMillis() - 1, i * pace.toMillis() + 1_000);
        }
    }

    @Test
    void callerThatHangsUpWhileItWaitsGivesItsPermitBackAndThoseBehindItKeepTheirPlace() {
        TestGateway gateway = start("{ requests-per-minute: 60, burst-capacity: 2 }", "max-wait: 10s");
        long begin = System.currentTimeMillis();
        gateway.get("/openai/0", "X-User-Id", "alice");
        gateway.get("/openai/0", "X-User-Id", "alice");
        CompletableFuture<HttpResponse<String>> first = gateway.send("/openai/1", "X-User-Id", "alice");
        awaitWaiting(1, gateway);
        RawConnection leaving = RawConnection.to(gateway.port());
        leaving.get("/openai/left", "alice");
        awaitWaiting(2, gateway);
        CompletableFuture<HttpResponse<String>> behind = gateway.send("/openai/3", "X-User-Id", "alice");
        awaitWaiting(3, gateway);
        assertThat(gateway.used("openai", "alice")).isEqualTo(5);

        leaving.close();

        awaitWaiting(2, gateway);
        assertThat(gateway.used("openai", "alice")).isEqualTo(4);
        CompletableFuture<HttpResponse<String>> last = gateway.send("/openai/4", "X-User-Id", "alice");
        assertThat(List.of(first, behind, last))
                .allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
        List<LoggedRequest> seen = seen();
        assertThat(seen)
                .extracting(LoggedRequest::getUrl)
                .doesNotContain("/left")
                .hasSize(5);
        assertThat(arrival("/1") - begin).isBetween(1_000L - 1, 2_000L);
        assertThat(arrival("/3") - begin).isBetween(3_000L - 1, 4_000L);
        // It takes the place that was given back, which the one behind did not move into.
        assertThat(arrival("/4") - begin).isBetween(3_000L - 1, 4_000L);
    }

    @Test
    void callerThatWouldWaitTooLongIsDeniedAtOnceWithTheTimeItWouldTake() {
        TestGateway gateway = start("{ requests-per-minute: 30, burst-capacity: 1 }", "max-wait: 3s");
        gateway.get("/openai/0", "X-User-Id", "alice");
        CompletableFuture<HttpResponse<String>> held = gateway.send("/openai/1", "X-User-Id", "alice");
        awaitWaiting(1, gateway);

        HttpResponse<String> denied = gateway.get("/openai/2", "X-User-Id", "alice");

        assertThat(held).isNotDone();
        assertThat(denied.statusCode()).isEqualTo(429);
        long millis =
                Long.parseLong(denied.headers().firstValue("retry-after-ms").orElseThrow());
        assertThat(millis).isBetween(3_000L, 4_000L);
        assertThat(denied.headers().firstValue("Retry-After")).contains("4");
        assertThat(held.join().statusCode()).isEqualTo(200);
    }

    @Test
    void onlyAsManyWaitAsThePropertiesAllow() {
        TestGateway gateway = start(
                "{ requests-per-minute: 6, burst-capacity: 1 }",
                "max-wait: 60s\nmax-waiting: 2\nmax-waiting-per-key: 1");
        for (String user : List.of("alice", "bob", "carol")) {
            assertThat(gateway.get("/openai/first", "X-User-Id", user).statusCode())
                    .isEqualTo(200);
        }
        try (RawConnection alice = RawConnection.to(gateway.port());
                RawConnection bob = RawConnection.to(gateway.port())) {
            alice.get("/openai/waits", "alice");
            awaitWaiting(1, gateway);

            assertThat(gateway.get("/openai/second", "X-User-Id", "alice").statusCode())
                    .as("one of a key")
                    .isEqualTo(429);

            bob.get("/openai/waits", "bob");
            awaitWaiting(2, gateway);

            assertThat(gateway.get("/openai/third", "X-User-Id", "carol").statusCode())
                    .as("two of the gateway")
                    .isEqualTo(429);
        }
        awaitWaiting(0, gateway);
    }

    @Test
    void thousandsWaitWithoutAThreadEach() {
        int waiters = 2_000;
        TestGateway gateway = start("{ requests-per-minute: 2, burst-capacity: 1 }", "max-wait: 60s");
        IntStream.range(0, waiters)
                .forEach(i -> gateway.limiter().check("openai", "user-" + i).block());
        int threads = Thread.activeCount();
        List<RawConnection> connections = new ArrayList<>();
        for (int i = 0; i < waiters; i++) {
            RawConnection connection = RawConnection.to(gateway.port());
            connection.get("/openai/waits", "user-" + i);
            connections.add(connection);
        }
        awaitWaiting(waiters, gateway);

        assertThat(gateway.get("/openai/other", "X-User-Id", "not-waiting").statusCode())
                .isEqualTo(200);
        assertThat(Thread.activeCount() - threads).isLessThan(20);

        connections.forEach(RawConnection::close);
        awaitWaiting(0, gateway);
        assertThat(gateway.used("openai", "user-7")).isEqualTo(1);
        assertThat(seen()).extracting(LoggedRequest::getUrl).doesNotContain("/waits");
    }

    private static void awaitWaiting(int count, TestGateway... through) {
        await().pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(waiting(through)).isEqualTo(count));
    }

    private static int waiting(TestGateway... through) {
        int waiting = 0;
        for (TestGateway each : through) {
            waiting += each.context().getBean(StoreRateLimiter.class).waiting();
        }
        return waiting;
    }

    private static long at(LoggedRequest request) {
        return request.getLoggedDate().toInstant().toEpochMilli();
    }

    private long arrival(String url) {
        return seen().stream()
                .filter(each -> each.getUrl().equals(url))
                .mapToLong(WaitModeTest::at)
                .findFirst()
                .orElseThrow();
    }

    /** What has reached the upstream, in the order it came, but for warming up. */
    private List<LoggedRequest> seen() {
        return upstream.getAllServeEvents().stream()
                .map(ServeEvent::getRequest)
                .filter(request -> !request.getUrl().equals("/warm-up"))
                .sorted(Comparator.comparingLong(WaitModeTest::at))
                .toList();
    }
}
