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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Callers that are held while Redis fails, and those that come after them. */
class WaitersWithoutRedisTest {

    private static final Logger LOG = LoggerFactory.getLogger(WaitersWithoutRedisTest.class);

    private static final long PACE_MILLIS = 1_000;
    private static final int HELD = 3;
    private static final int NEW = 3;

    private final TestRedis redis = TestRedis.start();
    private final WireMockServer upstream = TestGateway.upstream();
    private final TestGateway gateway;

    WaitersWithoutRedisTest() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
        gateway = TestGateway.start("""
                spring.data.redis.url: %s
                headgate:
                  mode: wait
                  max-wait: 20s
                  redis: { timeout: 100ms }
                  providers:
                    openai: { requests-per-minute: 60, burst-capacity: 1 }
                """.formatted(redis.url()) + TestGateway.routes(upstream, "openai"));
        gateway.get("/openai/warm-up", "X-User-Id", "warm-up");
    }

    @AfterEach
    void stop() {
        redis.thaw();
        gateway.close();
        upstream.stop();
        redis.close();
    }

    @Test
    void placesAreKeptAndNewOnesQueueBehindThemAndARefundIsMadeUpFor() {
        long begin = System.currentTimeMillis();
        assertThat(gateway.get("/openai/0", "X-User-Id", "alice").statusCode()).isEqualTo(200);
        List<CompletableFuture<HttpResponse<String>>> held = new ArrayList<>();
        queue(held, 1, HELD);
        RawConnection leaving = RawConnection.to(gateway.port());
        leaving.get("/openai/left", "alice");
        awaitWaiting(HELD + 1);

        redis.freeze();
        for (int i = 0; !gateway.get("/actuator/health").body().contains("\"decisions\":\"local\""); i++) {
            assertThat(gateway.get("/openai/other", "X-User-Id", "user-" + i).statusCode())
                    .isEqualTo(200);
        }
        List<CompletableFuture<HttpResponse<String>>> newOnes = new ArrayList<>();
        queue(newOnes, HELD + 1, HELD + NEW);
        leaving.close();
        await().until(() -> gateway.used("openai", "alice") == HELD + NEW + 1);

        for (CompletableFuture<HttpResponse<String>> each : held) {
            assertThat(each.join().statusCode()).isEqualTo(200);
        }
        redis.thaw();
        gateway.awaitDecisions("shared");
        for (CompletableFuture<HttpResponse<String>> each : newOnes) {
            assertThat(each.join().statusCode()).isEqualTo(200);
        }

        List<LoggedRequest> seen = seen();
        assertThat(seen)
                .extracting(LoggedRequest::getUrl)
                .containsExactlyElementsOf(IntStream.rangeClosed(0, HELD + NEW)
                        .mapToObj(i -> "/" + i)
                        .toList());
        List<Long> late = new ArrayList<>();
        for (int i = 0; i <= HELD + NEW; i++) {
            // The new ones came before the one ahead of them left, and keep the place they were told.
            late.add(at(seen.get(i)) - begin - i * PACE_MILLIS);
        }
        LOG.info("measured: waiters while Redis is frozen: late by {} ms", late);
        assertThat(late.subList(0, HELD + 1))
                .allSatisfy(millis -> assertThat(millis).isBetween(-1L, 500L));
        assertThat(late.subList(HELD + 1, late.size()))
                .allSatisfy(millis -> assertThat(millis).isBetween(PACE_MILLIS - 1, PACE_MILLIS + 500));
        // Redis has been told of the new ones, and of the one who left.
        await().untilAsserted(() -> assertThat(gateway.used("openai", "alice")).isEqualTo(HELD + NEW + 1));
        assertThat(gateway.metric("headgate.store.shared")).isEqualTo(1);
    }

    /** Each is sent when the one before it has its place. */
    private void queue(List<CompletableFuture<HttpResponse<String>>> answers, int from, int to) {
        for (int i = from; i <= to; i++) {
            int before = gateway.used("openai", "alice");
            answers.add(gateway.send("/openai/" + i, "X-User-Id", "alice"));
            await().pollInterval(Duration.ofMillis(5)).until(() -> gateway.used("openai", "alice") == before + 1);
        }
    }

    private void awaitWaiting(int count) {
        await().pollInterval(Duration.ofMillis(2)).until(() -> waiting() == count);
    }

    private int waiting() {
        return gateway.context().getBean(StoreRateLimiter.class).waiting();
    }

    private static long at(LoggedRequest request) {
        return request.getLoggedDate().toInstant().toEpochMilli();
    }

    /** What of alice's has reached the upstream, in the order it came. */
    private List<LoggedRequest> seen() {
        return upstream.getAllServeEvents().stream()
                .map(ServeEvent::getRequest)
                .filter(request -> request.getHeader("X-User-Id").equals("alice"))
                .sorted(Comparator.comparingLong(WaitersWithoutRedisTest::at))
                .toList();
    }
}
