package io.github.headgate.sample.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** The sample as a resource server, in front of a server that stands for the real provider. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {"headgate.user=claim:sub", "headgate.tier=claim:plan", "headgate.users.alice.requests-per-hour=7"
        })
class CallerTokenTest {

    private static final KeyPair KEYS = keyPair();
    private static final List<String> AUTHORIZATIONS_SEEN = new CopyOnWriteArrayList<>();
    private static final DisposableServer PROVIDER = HttpServer.create()
            .host("127.0.0.1")
            .handle((request, response) -> {
                AUTHORIZATIONS_SEEN.add(String.valueOf(request.requestHeaders().get("Authorization")));
                return response.sendString(Mono.just("real"));
            })
            .bindNow();

    @TempDir
    private static Path folder;

    @LocalServerPort
    private int port;

    @DynamicPropertySource
    static void settings(DynamicPropertyRegistry registry) throws Exception {
        String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(KEYS.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        Path file = Files.writeString(folder.resolve("key.pem"), pem);
        registry.add(
                "spring.security.oauth2.resourceserver.jwt.public-key-location",
                () -> file.toUri().toString());
        registry.add("OPENAI_BASE_URL", () -> "http://127.0.0.1:" + PROVIDER.port());
        registry.add("DEEPSEEK_BASE_URL", () -> "http://127.0.0.1:" + PROVIDER.port());
        registry.add("DEEPSEEK_API_KEY", () -> "sk-the-gateways-own");
    }

    @BeforeEach
    void forget() {
        AUTHORIZATIONS_SEEN.clear();
    }

    @AfterAll
    static void stopProvider() {
        PROVIDER.disposeNow();
    }

    @Test
    void tokenOpensTheGatewayAndDoesNotReachTheProvider() throws Exception {
        assertThat(status("/openai/v1/models", token(KEYS))).isEqualTo(200);
        assertThat(AUTHORIZATIONS_SEEN).containsExactly("null");
    }

    @Test
    void tokenSaysWhoseLimitsApply() throws Exception {
        HttpResponse<Void> response = get("/openai/v1/models", token(KEYS), "X-User-Id", "somebody-else");

        assertThat(response.headers().allValues("x-ratelimit-limit-requests")).containsExactly("7");
    }

    @Test
    void keyOfTheGatewaysTakesTheTokensPlace() throws Exception {
        assertThat(status("/deepseek/models", token(KEYS))).isEqualTo(200);
        assertThat(AUTHORIZATIONS_SEEN).containsExactly("Bearer sk-the-gateways-own");
    }

    @Test
    void callerWithoutATokenIsTurnedAway() throws Exception {
        assertThat(status("/openai/v1/models", null)).isEqualTo(401);
        assertThat(AUTHORIZATIONS_SEEN).isEmpty();
    }

    @Test
    void forgedTokenIsTurnedAway() throws Exception {
        assertThat(status("/openai/v1/models", token(keyPair()))).isEqualTo(401);
        assertThat(AUTHORIZATIONS_SEEN).isEmpty();
    }

    @Test
    void healthAsksForNoToken() throws Exception {
        assertThat(status("/actuator/health", null)).isEqualTo(200);
    }

    private int status(String path, @Nullable String token) throws Exception {
        return get(path, token).statusCode();
    }

    private HttpResponse<Void> get(String path, @Nullable String token, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HttpClient.newHttpClient().send(request.build(), BodyHandlers.discarding());
    }

    private static String token(KeyPair keys) throws Exception {
        SignedJWT token = new SignedJWT(
                new JWSHeader(JWSAlgorithm.RS256),
                new JWTClaimsSet.Builder()
                        .subject("alice")
                        .expirationTime(Date.from(Instant.now().plusSeconds(60)))
                        .build());
        token.sign(new RSASSASigner(keys.getPrivate()));
        return token.serialize();
    }

    private static KeyPair keyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
