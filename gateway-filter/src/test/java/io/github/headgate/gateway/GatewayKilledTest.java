package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.testing.TestRedis;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One of two gateways is killed as {@code kill -9} does, with callers waiting in it and batches on their way. */
@Tag("long")
class GatewayKilledTest {

    private static final Logger LOG = LoggerFactory.getLogger(GatewayKilledTest.class);

    private static final int LIMIT = 60;
    private static final long PACE_MILLIS = 500;
    private static final int WAITERS = 10;
    private static final int IN_FLIGHT = 200;
    /** The timeout of a call to Redis, and half a second. */
    private static final Duration PROMPT = Duration.ofSeconds(1);

    private final TestRedis redis = TestRedis.start();
    private final WireMockServer upstream = TestGateway.upstream();
    private final String yaml = """
            spring.data.redis.url: %s
            headgate:
              redis: { timeout: 500ms }
              providers:
                openai: { requests-per-minute: %d }
                claude: { requests-per-minute: 100000 }
                glm: { requests-per-minute: 120, burst-capacity: 1 }
            """.formatted(redis.url(), LIMIT)
            + TestGateway.routes(upstream, "openai", "claude")
            + """
              - id: glm
                uri: %s
                predicates: [ "Path=/glm/**" ]
                filters: [ StripPrefix=1, { name: ProviderRateLimit, args: { provider: glm, mode: wait, max-wait: 30s } } ]
            """.formatted(upstream.baseUrl());
    private final TestGateway survivor;
    private final ChildGateway doomed;

    GatewayKilledTest() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
        survivor = TestGateway.start(yaml);
        doomed = ChildGateway.start(yaml);
    }

    @AfterEach
    void stop() {
        doomed.close();
        survivor.close();
        upstream.stop();
        redis.close();
    }

    @Test
    void theOtherGoesOnAsIfItHadNeverBeen() {
        await().atMost(Duration.ofSeconds(5)).until(() -> gateways() == 2);
        try (Traffic traffic = new Traffic("killed", survivor)) {
            traffic.awaitWarm();
            doomed.send("/glm/warm-up", "other").join();
            assertThat(survivor.get("/glm/0", "X-User-Id", "alice").statusCode())
                    .isEqualTo(200);
            long begin = System.currentTimeMillis();
            // Every other place in the queue is one of the gateway that is killed.
            List<CompletableFuture<HttpResponse<String>>> ours = new ArrayList<>();
            for (int i = 1; i <= WAITERS; i++) {
                ours.add(survivor.send("/glm/ours", "X-User-Id", "alice"));
                awaitUsed(2 * i, () -> survivor.used("glm", "alice"));
                var theirs = doomed.send("/glm/theirs", "alice");
                assertThat(theirs).isNotDone();
                awaitUsed(2 * i + 1, () -> survivor.used("glm", "alice"));
            }
            List<CompletableFuture<HttpResponse<String>>> batches = new ArrayList<>();
            for (int i = 0; i < IN_FLIGHT; i++) {
                batches.add(doomed.send("/openai/chat", "bob"));
            }
            await().pollInterval(Duration.ofMillis(1)).until(() -> survivor.used("openai", "bob") > 0);

            traffic.enter("since the other is killed");
            doomed.kill();
            long killed = System.nanoTime();

            int reserved = survivor.used("glm", "alice");
            int spent = survivor.used("openai", "bob");
            long answered = batches.stream()
                    .filter(each -> each.isDone() && !each.isCompletedExceptionally())
                    .filter(each -> each.join().statusCode() == 200)
                    .count();
            int grantedByUs = 0;
            for (int i = 0; i < LIMIT + 10; i++) {
                grantedByUs += survivor.get("/openai/chat", "X-User-Id", "bob").statusCode() == 200 ? 1 : 0;
            }
            await().atMost(Duration.ofSeconds(5)).until(() -> gateways() == 1);
            Duration forgotten = Duration.ofNanos(System.nanoTime() - killed);

            assertThat(ours)
                    .allSatisfy(each -> assertThat(each.join().statusCode()).isEqualTo(200));
            traffic.stop();

            List<Long> arrivals = arrivals("/ours");
            List<Long> late = new ArrayList<>();
            for (int i = 0; i < WAITERS; i++) {
                late.add(arrivals.get(i) - begin - (2 * i + 1) * PACE_MILLIS);
            }
            LOG.info(
                    "measured: gateway killed: {} answers, slowest {} ms, {} waiters at most {} ms late, of {} charged {} were answered by the dead one and the survivor granted {}, {} reserved stay charged, forgotten after {} ms",
                    traffic.answered(),
                    traffic.slowest().toMillis(),
                    WAITERS,
                    late.stream().mapToLong(Long::longValue).max().orElseThrow(),
                    spent,
                    answered,
                    grantedByUs,
                    reserved,
                    forgotten.toMillis());
            assertThat(reserved).as("what the dead one reserved, and no more").isEqualTo(2 * WAITERS + 1);
            assertThat(spent).as("of a limit").isBetween((int) answered, LIMIT);
            assertThat(grantedByUs).isEqualTo(LIMIT - spent);
            assertThat(late).allSatisfy(millis -> assertThat(millis).isBetween(-500L, 1_000L));
            assertThat(forgotten).isLessThan(Duration.ofSeconds(4));
            assertThat(waiting()).isZero();
            assertThat(traffic.statuses()).containsOnly(200, 429);
            assertThat(traffic.slowerThan(PROMPT)).isEmpty();
            assertThat(traffic.health())
                    .isNotEmpty()
                    .allMatch(body -> body.startsWith("200 UP") && body.contains("\"decisions\":\"shared\""));
            assertThat(survivor.metric("headgate.failovers")).isZero();
        }
    }

    private static void awaitUsed(int permits, IntSupplier used) {
        await().pollInterval(Duration.ofMillis(5)).until(() -> used.getAsInt() == permits);
    }

    private int gateways() {
        return survivor.context().getBean(FailoverStore.class).gateways();
    }

    private int waiting() {
        return survivor.context().getBean(StoreRateLimiter.class).waiting();
    }

    /** When requests for that path reached the upstream, in milliseconds since 1970. */
    private List<Long> arrivals(String path) {
        return upstream.getAllServeEvents().stream()
                .map(ServeEvent::getRequest)
                .filter(request -> request.getUrl().equals(path))
                .map(request -> request.getLoggedDate().toInstant().toEpochMilli())
                .sorted()
                .toList();
    }
}
