package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.github.headgate.UserId;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Ids of users as no honest caller sends them, byte by byte; the keys in Redis show whom they counted against. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class UserIdsOnTheWireTest {

    private static final String MARK = "s3cr3t";

    private final TestRedis redis = TestRedis.start();
    private final RedisClient redisClient = redis.client();
    private final StatefulRedisConnection<String, String> keys = redisClient.connect();
    private final WireMockServer upstream = TestGateway.upstream();
    private final TestGateway gateway = new TestGateway.Application(TestGateway.Plain.class)
            .withArguments("--logging.level.root=info")
            .start("""
                    spring.data.redis.url: %s
                    server.max-http-request-header-size: 16KB
                    headgate.redis.timeout: 2s
                    headgate.providers.openai.requests-per-minute: 1
                    """.formatted(redis.url()) + TestGateway.routes(upstream, "openai"));

    UserIdsOnTheWireTest() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
    }

    @BeforeEach
    void forget() {
        keys.sync().flushdb();
        // The gateway itself remembers for a second whom Redis has denied.
        gateway.limiter().reset("openai", null).block();
    }

    @AfterAll
    void stop() {
        gateway.close();
        upstream.stop();
        keys.close();
        redisClient.shutdown();
        redis.close();
    }

    static Stream<Arguments> ids() {
        return Stream.of(
                id("of 8 KB", (MARK + "x".repeat(8_192 - MARK.length())).getBytes(ISO_8859_1)),
                id("with braces", "{openai:alice}" + MARK),
                id("that closes the braces", "alice}:" + MARK),
                id("with colons", "openai:alice:" + MARK),
                id("with spaces inside", "al ice " + MARK),
                id("with a tab inside", "al\tice" + MARK),
                id("of emoji", "\uD83E\uDD16\uD83D\uDE00" + MARK),
                id("of invalid UTF-8", new byte[] {(byte) 0xC3, (byte) 0x28, (byte) 0xFF, (byte) 0xFE, 's', '3', 'c'}),
                id("of Latin-1", "J\u00FCrgen" + MARK),
                id("like an address", "ip=1.2.3.4"),
                id("like an unverified header's", "header=alice"),
                id("like the overflow", "overflow="),
                id("like a digest", UserId.of("alice@example.com/" + MARK).toString()),
                id("like a pattern", "*?[a-z]" + MARK),
                id("like a placeholder", "${java.version}#{1+1}%n%s" + MARK),
                id("like a query", "' OR 1=1 --" + MARK));
    }

    private static Arguments id(String name, String text) {
        return id(name, text.getBytes(UTF_8));
    }

    private static Arguments id(String name, byte[] bytes) {
        return Arguments.of(name, bytes);
    }

    @ParameterizedTest(name = "id {0}")
    @MethodSource("ids")
    void strangeIdCountsForItselfAlone(String name, byte[] id, CapturedOutput output) {
        String granted = answerTo(header(id));
        String denied = answerTo(header(id));

        assertThat(status(granted)).as(name).isEqualTo(200);
        assertThat(status(denied)).as(name).isEqualTo(429);
        String own = "rate_limit:{openai:" + UserId.of(new String(id, ISO_8859_1)) + '}';
        assertThat(own).matches("rate_limit:\\{openai:#[A-Za-z0-9_-]{22}}");
        assertThat(usedKeys()).containsExactly(own);
        assertThat(granted + denied).doesNotContain(MARK);
        assertThat(output).doesNotContain(MARK);
    }

    static Stream<Arguments> nobodies() {
        return Stream.of(
                Arguments.of("empty", List.of(header(new byte[0]))),
                Arguments.of("of spaces", List.of(header("   ".getBytes(ISO_8859_1)))),
                Arguments.of("there twice", List.of(header(MARK.getBytes(UTF_8)), header("bob".getBytes(UTF_8)))));
    }

    @ParameterizedTest(name = "header {0}")
    @MethodSource("nobodies")
    void headerThatNamesNobodyCountsForNobodyInParticular(String name, List<byte[]> headers, CapturedOutput output) {
        String granted = answerTo(headers.toArray(byte[][]::new));
        String denied = answerTo(headers.toArray(byte[][]::new));

        assertThat(status(granted)).as(name).isEqualTo(200);
        assertThat(status(denied)).as(name).isEqualTo(429);
        assertThat(usedKeys()).containsExactly("rate_limit:{openai}");
        assertThat(granted + denied).doesNotContain(MARK);
        assertThat(output).doesNotContain(MARK);
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                id("a line feed", MARK + "\nX-Evil: 1"),
                id("a carriage return", MARK + "\rX-Evil: 1"),
                id("a zero", MARK + "\0alice"),
                id("an escape", MARK + "\u001B[31malice"),
                id("a bell", MARK + "\u0007alice"),
                id("a delete", MARK + "\u007Falice"));
    }

    /** Whether the server takes such a request is its own affair; it must not become another user's, or be repeated. */
    @ParameterizedTest(name = "id with {0}")
    @MethodSource("broken")
    void controlCharacterHarmsNobody(String name, byte[] id, CapturedOutput output) {
        String first = answerTo(header(id));
        String second = answerTo(header(id));

        assertThat(status(first)).as(name).isIn(200, 400);
        assertThat(status(second)).as(name).isIn(429, 400);
        assertThat(usedKeys())
                .allMatch(key -> key.matches("rate_limit:\\{openai:(#[A-Za-z0-9_-]{22}|" + MARK + ")}"))
                .doesNotContain("rate_limit:{openai:alice}");
        assertThat(first + second).doesNotContain(MARK, "X-Evil");
        assertThat(output).doesNotContain(MARK);
    }

    @Test
    void headerThatIsTooLongIsRefusedByTheServerItself() {
        String answer = answerTo(header("x".repeat(20_000).getBytes(ISO_8859_1)));

        assertThat(status(answer)).isIn(413, 431);
        assertThat(usedKeys()).isEmpty();
    }

    @Test
    void idsThatDifferInASingleByteAreTwoUsers() {
        answerTo(header(new byte[] {(byte) 0xC3, (byte) 0xA4}));
        answerTo(header(new byte[] {(byte) 0xC3, (byte) 0xA5}));

        assertThat(usedKeys()).hasSize(2);
    }

    private String answerTo(byte[]... headers) {
        try (RawConnection connection = RawConnection.to(gateway.port())) {
            connection.get("/openai/chat", List.of(headers));
            return connection.answer();
        }
    }

    private List<String> usedKeys() {
        List<String> used = new ArrayList<>(Objects.requireNonNull(keys.sync().keys("rate_limit:*")));
        used.removeIf(key -> !key.startsWith("rate_limit:{openai"));
        return used;
    }

    private static int status(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 ");
        return Integer.parseInt(answer.substring(9, 12));
    }

    private static byte[] header(byte[] id) {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        line.writeBytes("X-User-Id: ".getBytes(ISO_8859_1));
        line.writeBytes(id);
        return line.toByteArray();
    }
}
