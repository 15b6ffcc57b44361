package io.github.headgate.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.StatefulRedisConnection;
import io.netty.buffer.Unpooled;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.Flux;

/**
 * Callers who mean harm, through the whole gateway. What alice has used and may use stays as it was, whatever they do.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class AbuseTest {

    private static final Logger LOG = LoggerFactory.getLogger(AbuseTest.class);

    private static final int MAX_KEYS = 5_000;
    private static final int KILOBYTE = 1_024;
    private static final int MEGABYTE = 1_024 * KILOBYTE;

    private final TestRedis redis = TestRedis.start();
    private final RedisClient redisClient = redis.client();
    private final StatefulRedisConnection<String, String> keys = redisClient.connect();
    private final CheapUpstream upstream = new CheapUpstream();
    private final TestGateway gateway =
            TestGateway.start("""
            spring.data.redis.url: %1$s
            headgate:
              redis.timeout: 2s
              local.max-keys: %2$d
              providers:
                openai: { requests-per-minute: 1 }
                claude: { requests-per-hour: 1000 }
                glm: { requests-per-hour: 60, burst-capacity: 1 }
                deepseek: { requests-per-minute: 60, burst-capacity: 1 }
            spring.cloud.gateway.server.webflux:
              httpclient.pool: { max-idle-time: 1s, eviction-interval: 500ms }
              routes:
                - id: openai
                  uri: %3$s
                  predicates: [ Path=/openai/** ]
                  filters: [ StripPrefix=1, ProviderRateLimit=openai ]
                - id: claude
                  uri: %3$s
                  predicates: [ Path=/claude/** ]
                  filters: [ StripPrefix=1, ProviderRateLimit=claude ]
                - id: deepseek
                  uri: %3$s
                  predicates: [ Path=/deepseek/** ]
                  filters:
                    - StripPrefix=1
                    - name: ProviderRateLimit
                      args: { provider: deepseek, mode: wait, max-wait: 60s }
                - id: glm
                  uri: %3$s
                  predicates: [ Path=/glm/** ]
                  filters:
                    - StripPrefix=1
                    - name: ProviderRateLimit
                      args: { provider: glm, mode: wait, max-wait: 60s }
            """.formatted(redis.url(), MAX_KEYS, upstream.url()), OpenConnections.class);

    @BeforeEach
    void aliceUsesThreeOfHerThousand() {
        gateway.limiter().reset("claude", "alice").block();
        for (int i = 0; i < 3; i++) {
            assertThat(ask("/claude/chat", "alice")).isEqualTo(200);
        }
    }

    @AfterEach
    void aliceIsUnharmed() {
        assertThat(gateway.used("claude", "alice")).isEqualTo(3);
        assertThat(ask("/claude/chat", "alice")).isEqualTo(200);
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.close();
        keys.close();
        redisClient.shutdown();
        redis.close();
    }

    private int ask(String path, String user) {
        return gateway.get(path, "X-User-Id", user).statusCode();
    }

    private int waiting() {
        return gateway.context().getBean(StoreRateLimiter.class).waiting();
    }

    private void awaitWaiting(int count) {
        await().pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(waiting()).isEqualTo(count));
    }

    private void awaitNoConnections() {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() ->
                        assertThat(upstream.connections()).as("to the upstream").isZero());
    }

    @Test
    void twentyThousandInventedUsersTakeNoRoomThatIsNotGivenBack() {
        inventUsers(20_000, 40);
    }

    @Test
    @Tag("long")
    void aMillionInventedUsersTakeNoRoomThatIsNotGivenBack() {
        inventUsers(1_000_000, 64);
    }

    /** Each is granted once, and then denied, so that he is remembered wherever anybody is. */
    private void inventUsers(int users, int mostMegabytes) {
        MemoryLevel before = MemoryLevel.now();
        long begin = System.nanoTime();

        Long denied = Flux.range(0, users)
                .flatMap(
                        i -> gateway.limiter()
                                .check("openai", "invented-" + i)
                                .then(gateway.limiter().check("openai", "invented-" + i)),
                        128)
                .filter(decision -> !decision.isGranted())
                .count()
                .block();

        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        MemoryLevel after = MemoryLevel.now();
        LOG.info("measured: {} invented users in {} s: {}, then {}", users, took.toSeconds(), before, after);
        assertThat(denied).isEqualTo(users);
        assertThat(after.heap()).as("heap, MB").isLessThanOrEqualTo(before.heap() + mostMegabytes);
        assertThat(after.direct()).as("direct memory, MB").isLessThanOrEqualTo(before.direct() + mostMegabytes);
        assertThat(someKeys(500))
                .isNotEmpty()
                .allSatisfy(key -> assertThat(keys.sync().ttl(key))
                        .as("seconds until %s expires; -1 is never", key)
                        .isBetween(-2L, 125L)
                        .isNotEqualTo(-1));
    }

    private List<String> someKeys(int most) {
        ScanIterator<String> scan = ScanIterator.scan(
                keys.sync(), ScanArgs.Builder.matches("rate_limit:{openai:*").limit(1_000));
        List<String> some = new ArrayList<>();
        while (some.size() < most && scan.hasNext()) {
            some.add(scan.next());
        }
        return some;
    }

    @Test
    void twoThousandWhoHangUpWhileTheyWaitLeaveNothingBehind() {
        hangUp(500, 4);
    }

    @Test
    @Tag("long")
    void tenThousandWhoHangUpWhileTheyWaitLeaveNothingBehind() {
        hangUp(1_000, 10);
    }

    private void hangUp(int atOnce, int rounds) {
        List<String> users =
                IntStream.range(0, atOnce).mapToObj(i -> "leaving-" + i).toList();
        long requests = upstream.requests();
        int connections = OpenConnections.of(gateway);

        for (int round = 0; round < rounds; round++) {
            // Who asks again within a minute has to wait.
            Flux.fromIterable(users)
                    .flatMap(user -> gateway.limiter()
                            .reset("glm", user)
                            .then(gateway.limiter().check("glm", user)))
                    .blockLast();
            List<RawConnection> open = new ArrayList<>();
            for (String user : users) {
                RawConnection connection = RawConnection.to(gateway.port());
                connection.get("/glm/chat", user);
                open.add(connection);
            }
            awaitWaiting(atOnce);
            open.forEach(RawConnection::close);
            awaitWaiting(0);
        }

        await().untilAsserted(() ->
                assertThat(OpenConnections.of(gateway)).as("callers").isLessThanOrEqualTo(connections));
        assertThat(upstream.requests()).isEqualTo(requests);
        await().untilAsserted(() -> assertThat(users)
                .allSatisfy(user -> assertThat(gateway.used("glm", user)).isEqualTo(1)));
    }

    @Test
    void slowReadersInWaitModeAreNotReadAheadFor() {
        int readers = 40;
        int kilobytes = 64 * KILOBYTE;
        for (int i = 0; i < readers; i++) {
            gateway.limiter().check("deepseek", "slow-" + i).block();
        }
        long requests = upstream.requests();
        MemoryLevel before = MemoryLevel.now();
        List<RawConnection> open = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            RawConnection connection = RawConnection.to(gateway.port());
            connection.get("/deepseek/bytes/" + kilobytes, "slow-" + i);
            open.add(connection);
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> upstream.requests() - requests == readers);
        awaitStandstill();

        assertThat(ask("/claude/chat", "bob")).isEqualTo(200);
        MemoryLevel meanwhile = MemoryLevel.now();

        LOG.info(
                "measured: {} slow readers of 64 MB each, {} MB on their way: {}, then {}",
                readers,
                upstream.kilobytes() / KILOBYTE,
                before,
                meanwhile);
        // All together they would take 2,560 MB; some of it the operating system holds.
        assertThat(upstream.kilobytes()).isLessThan((long) readers * kilobytes);
        assertThat(meanwhile.heap() + meanwhile.direct()).isLessThan(before.heap() + before.direct() + 64);
        assertThat(waiting()).isZero();
        open.forEach(RawConnection::close);
        awaitNoConnections();
    }

    /** Returns when the upstream can send no more: it has been held up, or has sent everything. */
    private void awaitStandstill() {
        AtomicLong before = new AtomicLong(-1);
        await().pollInterval(Duration.ofSeconds(1))
                .atMost(Duration.ofSeconds(60))
                .until(() -> upstream.kilobytes() == before.getAndSet(upstream.kilobytes()));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, KILOBYTE, 8 * MEGABYTE})
    void bodiesOfAnySizePassUnharmed(int size) {
        byte[] body = new byte[size];
        new Random(size).nextBytes(body);

        HttpResponse<String> answer = post("/claude/chat", "bob", body);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(CheapUpstream.answerTo(Unpooled.wrappedBuffer(body)));
    }

    private HttpResponse<String> post(String path, String user, byte[] body) {
        HttpRequest request = HttpRequest.newBuilder(gateway.request(path, "X-User-Id", user), (name, value) -> true)
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        return TestGateway.client().sendAsync(request, BodyHandlers.ofString()).join();
    }

    /** Each says that it sends 64 MB, sends one, and has its answer; of what it sent nothing is kept. */
    @Test
    void denialDoesNotWaitForTheBody() {
        assertThat(ask("/openai/chat", "greedy")).isEqualTo(200);
        long requests = upstream.requests();
        MemoryLevel before = MemoryLevel.now();
        List<RawConnection> open = new ArrayList<>();
        byte[] megabyte = new byte[MEGABYTE];
        for (int i = 0; i < 50; i++) {
            RawConnection connection = RawConnection.to(gateway.port());
            connection.send(("POST /openai/chat HTTP/1.1\r\nHost: gateway\r\nX-User-Id: greedy\r\nContent-Length: "
                            + 64 * MEGABYTE + "\r\n\r\n")
                    .getBytes(ISO_8859_1));
            assertThat(connection.firstLine()).isEqualTo("HTTP/1.1 429 Too Many Requests");
            connection.trySend(megabyte);
            open.add(connection);
        }
        MemoryLevel after = MemoryLevel.now();

        LOG.info("measured: 50 bodies of denied requests, a megabyte of each: {}, then {}", before, after);
        assertThat(after.heap() + after.direct()).isLessThan(before.heap() + before.direct() + 32);
        assertThat(upstream.requests()).isEqualTo(requests);
        open.forEach(RawConnection::close);
    }

    static Stream<Arguments> badHeaders() {
        return Stream.of(
                bad("a line without a colon", "X-User-Id alice"),
                bad("no name", ": alice"),
                bad("a space in the name", "X User Id: alice"),
                bad("a zero in the name", "X-User\0Id: alice"),
                bad("a zero in the value", "X-User-Id: ali\0ce"),
                bad("a folded line", "X-User-Id: al\r\n ice"),
                bad("16 MB", "X-User-Id: " + "x".repeat(16 * MEGABYTE)),
                bad("10,000 of them", "X-User-Id: eve\r\n" + "X: y\r\n".repeat(10_000) + "Z: 1"),
                bad("a negative length", "Content-Length: -1"),
                bad("two lengths", "Content-Length: 5\r\nContent-Length: 6"),
                bad("a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked"),
                bad("unknown transfer encoding", "Transfer-Encoding: gzip, identity"),
                bad("a second host", "Host: other"),
                bad("forwarded by nobody", "X-Forwarded-For: " + ",".repeat(4_000)),
                bad("forwarded from anywhere", "Forwarded: for=\"[::1%\0]:99999999999\";proto=;host=\""),
                bad(
                        "an encoding that is none",
                        "Accept: */*;q=\u00ff\r\nAccept-Language: ,,;;==\r\nTraceparent: 00-zz"));
    }

    private static Arguments bad(String name, String lines) {
        return Arguments.of(name, lines.getBytes(ISO_8859_1));
    }

    /** Some are harmless, and pass or are denied; the others the server refuses; none is an error of the gateway's. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("badHeaders")
    void badHeadersAreRefusedOrIgnored(String name, byte[] lines, CapturedOutput output) {
        String status = "";
        try (RawConnection connection = RawConnection.to(gateway.port())) {
            connection.trySend(
                    "GET /claude/chat HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n".getBytes(ISO_8859_1));
            connection.trySend(lines);
            connection.trySend("\r\n\r\n".getBytes(ISO_8859_1));
            status = connection.firstLine();
        }

        assertThat(status).as(name).matches("|HTTP/1.1 (200|400|413|429|431) .*");
        assertThat(output.toString()).doesNotContain("i.g.headgate.", "io.github.headgate.", " ERROR ");
    }
}
