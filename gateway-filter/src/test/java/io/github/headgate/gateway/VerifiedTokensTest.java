package io.github.headgate.gateway;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.web.server.SecurityWebFilterChain;

/** A gateway that is a resource server as Boot sets one up, with a key that it verifies tokens by. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VerifiedTokensTest {

    private static final AtomicInteger USERS = new AtomicInteger();
    private static final KeyPair ISSUER = newKey();
    private static final JWSHeader RS256 = new JWSHeader(JWSAlgorithm.RS256);

    private final WireMockServer upstream = TestGateway.upstream();
    private final Path publicKey = publicKeyFile();
    private final TestGateway gateway = new TestGateway.Application(ResourceServer.class)
            .start("""
            upstream: %1$s
            spring.security.oauth2.resourceserver.jwt.public-key-location: %2$s
            headgate:
              user: [ "claim:sub", "header:X-User-Id" ]
              tier: [ "claim:plan" ]
              providers: { openai: { requests-per-minute: 40 } }
              tiers:
                free: { requests-per-minute: 3 }
                pro: { requests-per-minute: 30 }
            spring.cloud.gateway.server.webflux.routes:
              - id: openai
                uri: ${upstream}
                predicates: [ Path=/** ]
                filters: [ ProviderRateLimit=openai ]
            """.formatted(upstream.baseUrl(), publicKey.toUri()));

    VerifiedTokensTest() {
        upstream.stubFor(any(anyUrl()).willReturn(ok("fine")));
    }

    @AfterAll
    void stop() throws IOException {
        gateway.close();
        upstream.stop();
        Files.delete(publicKey);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class ResourceServer {

        @Bean
        SecurityWebFilterChain security(ServerHttpSecurity http) {
            return http.authorizeExchange(exchanges -> exchanges.anyExchange().permitAll())
                    .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
                    .build();
        }
    }

    @Test
    void verifiedClaimIsTheUser() {
        String user = newUser();

        HttpResponse<String> answer = call(signed(claims(user).build()));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(gateway.used("openai", user)).isEqualTo(1);
    }

    @Test
    void verifiedClaimIsTheTier() {
        assertThat(limitOf(signed(claims(newUser()).claim("plan", "pro").build())))
                .isEqualTo("30");
        assertThat(limitOf(signed(claims(newUser()).claim("plan", "free").build())))
                .isEqualTo("3");
    }

    @Test
    void claimThatNamesNoTierPutsNobodyIntoOne() {
        assertThat(limitOf(signed(claims(newUser()).claim("plan", "platinum").build())))
                .isEqualTo("40");
        assertThat(limitOf(signed(claims(newUser()).build()))).isEqualTo("40");
    }

    @Test
    void headerCannotTakeTheNameOfOneWhoWasVerified() {
        String user = newUser();
        call(signed(claims(user).build()));

        HttpResponse<String> answer = gateway.get("/", "X-User-Id", user);

        assertThat(answer.headers().firstValue("x-ratelimit-remaining-requests"))
                .contains("39");
        assertThat(gateway.used("openai", user)).isEqualTo(1);
    }

    @Test
    void headerBesideATokenIsNotRead() {
        String user = newUser();
        String other = newUser();

        gateway.get("/", "Authorization", "Bearer " + signed(claims(user).build()), "X-User-Id", other);

        assertThat(gateway.used("openai", user)).isEqualTo(1);
        assertThat(gateway.used("openai", other)).isZero();
    }

    static Stream<Arguments> badTokens() throws JOSEException {
        JWTClaimsSet mallory = claims("mallory").claim("plan", "pro").build();
        JWTClaimsSet expired = claims("mallory")
                .expirationTime(Date.from(Instant.now().minusSeconds(120)))
                .build();
        String good = signed(claims("eve").build());
        String[] parts = good.split("\\.", -1);
        String otherPayload = mallory.toPayload().toBase64URL().toString();
        return Stream.of(
                Arguments.of("signed by another key", sign(RS256, mallory, new RSASSASigner(newKey().getPrivate()))),
                Arguments.of("expired", signed(expired)),
                Arguments.of("not signed", new PlainJWT(mallory).serialize()),
                Arguments.of("without its signature", parts[0] + '.' + otherPayload + '.'),
                Arguments.of("with another's signature", parts[0] + '.' + otherPayload + '.' + parts[2]),
                Arguments.of(
                        "signed with the public key as a secret",
                        sign(
                                new JWSHeader(JWSAlgorithm.HS256),
                                mallory,
                                new MACSigner(ISSUER.getPublic().getEncoded()))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badTokens")
    void badTokenChoosesNoBucketAndGoesNowhere(String how, String token) {
        int before = upstream.getAllServeEvents().size();

        HttpResponse<String> answer = gateway.get("/", "Authorization", "Bearer " + token, "X-User-Id", "mallory");

        assertThat(answer.statusCode()).as(how).isEqualTo(401);
        assertThat(upstream.getAllServeEvents()).hasSize(before);
        assertThat(gateway.used("openai", "mallory")).isZero();
        assertThat(gateway.used("openai", "eve")).isZero();
        assertThat(gateway.usedByNobody("openai")).isZero();
    }

    private String limitOf(String token) {
        return call(token).headers().firstValue("x-ratelimit-limit-requests").orElseThrow();
    }

    private HttpResponse<String> call(String token) {
        return gateway.get("/", "Authorization", "Bearer " + token);
    }

    private static JWTClaimsSet.Builder claims(String user) {
        return new JWTClaimsSet.Builder()
                .subject(user)
                .expirationTime(Date.from(Instant.now().plusSeconds(600)));
    }

    private static String signed(JWTClaimsSet claims) {
        return sign(RS256, claims, new RSASSASigner(ISSUER.getPrivate()));
    }

    private static String sign(JWSHeader header, JWTClaimsSet claims, JWSSigner signer) {
        SignedJWT token = new SignedJWT(header, claims);
        try {
            token.sign(signer);
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        return token.serialize();
    }

    private static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2_048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path publicKeyFile() {
        try {
            String pem = Base64.getMimeEncoder(64, new byte[] {'\n'})
                    .encodeToString(ISSUER.getPublic().getEncoded());
            return Files.writeString(
                    Files.createTempFile("issuer", ".pem"),
                    "-----BEGIN PUBLIC KEY-----\n" + pem + "\n-----END PUBLIC KEY-----\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String newUser() {
        return "user-" + USERS.incrementAndGet();
    }
}
