package io.github.headgate.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.testing.TestRedis;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A client that sends its next request the moment it has the last answer, over one connection: a server that is not
 * done with the last exchange yet has to come back to the next one.
 */
class KeptAliveConnectionTest {

    private static final int USERS = 500;
    /** One granted, one denied by Redis, the others from memory: on the event loop, before the call has returned. */
    private static final int REQUESTS_EACH = 4;

    private static final int PATIENCE_MILLIS = 10_000;

    private static TestRedis redis;
    private static CheapUpstream upstream;
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        redis = TestRedis.start();
        upstream = new CheapUpstream();
        gateway = TestGateway.start("""
                spring.data.redis.url: %s
                headgate.providers.openai.requests-per-minute: 1
                spring.cloud.gateway.server.webflux.routes:
                  - id: openai
                    uri: %s
                    predicates: [ "Path=/openai/**" ]
                    filters: [ StripPrefix=1, ProviderRateLimit=openai ]
                """.formatted(redis.url(), upstream.url()));
    }

    @AfterAll
    static void stop() {
        gateway.close();
        upstream.close();
        redis.close();
    }

    @Test
    void everyRequestIsAnswered() throws IOException {
        int granted = 0;
        int denied = 0;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            InputStream answers = new BufferedInputStream(socket.getInputStream());
            for (int i = 0; i < USERS * REQUESTS_EACH; i++) {
                String request = "GET /openai/models HTTP/1.1\r\nHost: gateway\r\nX-User-Id: user-" + i / REQUESTS_EACH
                        + "\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(ISO_8859_1));
                switch (status(answers)) {
                    case 200 -> granted++;
                    case 429 -> denied++;
                    default -> throw new AssertionError("neither granted nor denied");
                }
            }
        }

        assertThat(granted).isEqualTo(USERS);
        assertThat(denied).isEqualTo(USERS * (REQUESTS_EACH - 1));
    }

    /** Reads one answer to its end. */
    private static int status(InputStream answers) throws IOException {
        String first = line(answers);
        int length = 0;
        for (String header = line(answers); !header.isEmpty(); header = line(answers)) {
            if (header.regionMatches(true, 0, "Content-Length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).trim());
            }
        }
        assertThat(answers.readNBytes(length)).hasSize(length);
        return Integer.parseInt(first, 9, 12, 10);
    }

    private static String line(InputStream answers) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = answers.read(); next != '\n'; next = answers.read()) {
            assertThat(next).as("the connection was closed").isNotNegative();
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }
}
