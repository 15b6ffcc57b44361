package io.github.headgate.caller;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.security.Principal;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.core.DefaultOAuth2AuthenticatedPrincipal;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthentication;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;

class PrincipalsTest {

    @ParameterizedTest
    @MethodSource("claims")
    void claimIsTextANumberOrABooleanAndNothingElse(Object value, @Nullable String expected) {
        assertThat(Principals.claim(jwt(Map.of("c", value)), "c")).isEqualTo(expected);
    }

    static Stream<Arguments> claims() {
        return Stream.of(
                Arguments.of("alice", "alice"),
                Arguments.of("auth0|42", "auth0|42"),
                Arguments.of(42, "42"),
                Arguments.of(42L, "42"),
                Arguments.of(true, "true"),
                Arguments.of("", null),
                Arguments.of(" \t", null),
                Arguments.of(List.of("alice"), null),
                Arguments.of(Map.of("id", "alice"), null),
                Arguments.of(Instant.EPOCH, null));
    }

    @Test
    void absentClaimIsMissing() {
        assertThat(Principals.claim(jwt(Map.of("sub", "alice")), "plan")).isNull();
    }

    @Test
    void claimOfAnIntrospectedTokenIsRead() {
        DefaultOAuth2AuthenticatedPrincipal user =
                new DefaultOAuth2AuthenticatedPrincipal(Map.of("sub", "alice"), AuthorityUtils.NO_AUTHORITIES);
        OAuth2AccessToken token =
                new OAuth2AccessToken(OAuth2AccessToken.TokenType.BEARER, "t", Instant.EPOCH, Instant.MAX);
        BearerTokenAuthentication authentication =
                new BearerTokenAuthentication(user, token, AuthorityUtils.NO_AUTHORITIES);

        assertThat(Principals.claim(authentication, "sub")).isEqualTo("alice");
    }

    @Test
    void attributeOfALoggedInUserIsRead() {
        DefaultOAuth2AuthenticatedPrincipal user =
                new DefaultOAuth2AuthenticatedPrincipal(Map.of("plan", "free"), AuthorityUtils.NO_AUTHORITIES);
        Principal login = UsernamePasswordAuthenticationToken.authenticated(user, null, AuthorityUtils.NO_AUTHORITIES);

        assertThat(Principals.claim(login, "plan")).isEqualTo("free");
    }

    @Test
    void tokenThatIsNotAuthenticatedSaysNothing() {
        JwtAuthenticationToken unverified = new JwtAuthenticationToken(token(Map.of("sub", "alice")));
        unverified.setAuthenticated(false);

        assertThat(Principals.claim(unverified, "sub")).isNull();
        assertThat(Principals.name(unverified)).isNull();
    }

    @Test
    void anonymousPrincipalCountsAsMissing() {
        Principal anonymous = new AnonymousAuthenticationToken(
                "key", "anonymousUser", AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS"));

        assertThat(Principals.name(anonymous)).isNull();
    }

    @Test
    void principalsNameIsReadFromAnyKindOfPrincipal() {
        assertThat(Principals.name(jwt(Map.of("sub", "alice")))).isEqualTo("alice");
        assertThat(Principals.name(() -> "bob")).isEqualTo("bob");
    }

    @Test
    void blankNameIsMissing() {
        assertThat(Principals.name(() -> " ")).isNull();
    }

    @Test
    void principalThatIsNoTokenHasNoClaims() {
        assertThat(Principals.claim(() -> "bob", "sub")).isNull();
    }

    @Test
    void worksWithoutSpringSecurity() throws Exception {
        URL[] withoutSecurity = Arrays.stream(
                        System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(each -> !each.contains("spring-security"))
                .map(PrincipalsTest::url)
                .toArray(URL[]::new);
        try (URLClassLoader loader = new URLClassLoader(withoutSecurity, ClassLoader.getPlatformClassLoader())) {
            Class<?> isolated = loader.loadClass(Principals.class.getName());
            Principal bob = () -> "bob";

            assertThat(call(isolated, "name", bob)).isEqualTo("bob");
            assertThat(call(isolated, "claim", bob, "sub")).isNull();
        }
    }

    private static @Nullable Object call(Class<?> type, String method, Object... arguments) throws Exception {
        for (Method each : type.getDeclaredMethods()) {
            if (each.getName().equals(method)) {
                each.setAccessible(true);
                return each.invoke(null, arguments);
            }
        }
        throw new AssertionError("no method " + method);
    }

    private static URL url(String path) {
        try {
            return new File(path).toURI().toURL();
        } catch (java.net.MalformedURLException e) {
            throw new AssertionError(e);
        }
    }

    static JwtAuthenticationToken jwt(Map<String, Object> claims) {
        return new JwtAuthenticationToken(token(claims), AuthorityUtils.NO_AUTHORITIES);
    }

    private static Jwt token(Map<String, Object> claims) {
        return Jwt.withTokenValue("t")
                .header("alg", "RS256")
                .claims(all -> all.putAll(claims))
                .build();
    }
}
