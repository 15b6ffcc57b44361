package io.github.headgate.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.headgate.UserId;
import java.net.InetSocketAddress;
import java.security.Principal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.cloud.gateway.filter.ratelimit.KeyResolver;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class UserResolverTest {

    private static final String HEADER = "X-User-Id";

    @Test
    void headerNamesTheUser() {
        assertThat(resolve(exchange("alice"), "header:x-user-id")).isEqualTo(known(UserId.of("alice")));
    }

    @Test
    void headerGivenTwiceIsMissing() {
        assertThat(resolve(exchange("alice", "bob"), "header:X-User-Id")).isEqualTo(new Caller.Shared());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t"})
    void blankHeaderIsMissing(String value) {
        assertThat(resolve(exchange(value), "header:X-User-Id")).isEqualTo(new Caller.Shared());
    }

    @Test
    void absentHeaderIsMissing() {
        assertThat(resolve(exchange(), "header:X-User-Id")).isEqualTo(new Caller.Shared());
    }

    @Test
    void listIsTriedInOrder() {
        MockServerWebExchange exchange = exchange("bob");

        assertThat(resolve(exchange, "header:X-None", "header:X-User-Id", "ip")).isEqualTo(known(UserId.of("bob")));
    }

    @Test
    void headersAreReadAtOnceAndBesideAClaimLater() {
        MockServerWebExchange exchange = exchange("bob");

        assertThat(resolver("header:X-User-Id", "ip").resolveAtOnce(exchange)).isEqualTo(known(UserId.of("bob")));
        assertThat(resolver("header:X-User-Id", "claim:org").resolveAtOnce(exchange))
                .isNull();
    }

    @Test
    void claimIsReadFromTheAuthenticatedPrincipal() {
        MockServerWebExchange exchange = exchange(PrincipalsTest.jwt(Map.of("org", "acme")));

        assertThat(resolve(exchange, "claim:org")).isEqualTo(known(UserId.of("acme")));
    }

    @Test
    void tokenThatNobodyVerifiedIsNotRead() {
        MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/")
                .header("Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9."));

        assertThat(resolve(exchange, "claim:sub", "principal")).isEqualTo(new Caller.Shared());
    }

    @Test
    void principalNamesTheUser() {
        assertThat(resolve(exchange(() -> "alice"), "principal")).isEqualTo(known(UserId.of("alice")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"claim:sub", "principal"})
    void headerBesideAVerifiedSourceCannotTakeAVerifiedUsersKey(String verified) {
        Caller spoofer = resolve(exchange("alice"), verified, "header:X-User-Id");

        assertThat(spoofer).isEqualTo(known(UserId.unverifiedHeader("alice"))).isNotEqualTo(known(UserId.of("alice")));
    }

    @Test
    void headerIsUnverifiedAlsoWhenItStandsFirst() {
        Caller caller = resolve(exchange("alice"), "header:X-User-Id", "claim:sub");

        assertThat(caller).isEqualTo(known(UserId.unverifiedHeader("alice")));
    }

    @Test
    void headerBesideAnAddressKeepsItsPlainId() {
        assertThat(resolve(exchange("alice"), "header:X-User-Id", "ip")).isEqualTo(known(UserId.of("alice")));
    }

    static Stream<String> hostileIds() {
        return Stream.of(
                "ip=1.2.3.4",
                "header=alice",
                UserId.of("auth0|42").toString(),
                "openai}:{x",
                "{openai:alice}",
                "a:b",
                "a b",
                "a,b",
                "\u0000\u001b[31m\r\n",
                "\ud83d\ude00",
                "\ud83d",
                "\udead\ud83d",
                "x".repeat(8192));
    }

    @ParameterizedTest
    @MethodSource("hostileIds")
    void hostileIdIsASafeKeyOfItsOwn(String id) {
        Caller caller = resolve(exchange(id), "header:X-User-Id");

        assertThat(caller).isEqualTo(known(UserId.of(id)));
        assertThat(((Caller.Known) caller).id().toString()).isNotEqualTo(id).matches("#[A-Za-z0-9_-]{22}");
    }

    @Test
    void addressIsAUserOfItsOwnKind() {
        assertThat(resolve(exchange(), "ip")).isEqualTo(known(UserId.ip("192.0.2.1")));
    }

    @Test
    void missingUserSharesTheProvidersKey() {
        assertThat(resolve(MissingUser.SHARED, exchange())).isEqualTo(new Caller.Shared());
    }

    @Test
    void missingUserIsRefused() {
        assertThat(resolve(MissingUser.DENY, exchange())).isEqualTo(new Caller.Refused());
    }

    @Test
    void missingUserIsCountedByAddress() {
        assertThat(resolve(MissingUser.IP, exchange())).isEqualTo(known(UserId.ip("192.0.2.1")));
    }

    @Test
    void missingUserWithoutAnAddressSharesTheProvidersKey() {
        MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/"));

        assertThat(resolve(MissingUser.IP, exchange)).isEqualTo(new Caller.Shared());
    }

    @Test
    void beanNamesTheUser() {
        assertThat(resolveWithBean(exchange -> Mono.just("acme"))).isEqualTo(known(UserId.of("acme")));
    }

    @Test
    void beanThatAnswersNothingOrAnEmptyTextIsMissing() {
        assertThat(resolveWithBean(exchange -> Mono.empty())).isEqualTo(new Caller.Shared());
        assertThat(resolveWithBean(exchange -> Mono.just(""))).isEqualTo(new Caller.Shared());
    }

    @Test
    void errorOfABeanIsNotTakenForAMissingUser() {
        SourceContext context = beans(exchange -> Mono.error(new IllegalStateException("down")));
        UserResolver resolver = new UserResolver(sources("bean:keys"), MissingUser.SHARED, context);

        StepVerifier.create(resolver.resolve(exchange()))
                .expectErrorMessage("down")
                .verify();
    }

    @Test
    void beanThatThrowsIsAnErrorOfTheAnswer() {
        SourceContext context = beans(exchange -> {
            throw new IllegalStateException("broken");
        });
        UserResolver resolver = new UserResolver(sources("bean:keys"), MissingUser.SHARED, context);

        StepVerifier.create(resolver.resolve(exchange()))
                .expectErrorMessage("broken")
                .verify();
    }

    @Test
    void unknownBeanIsRefusedWhenTheResolverIsBuilt() {
        SourceContext context = beans(exchange -> Mono.just("x"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new UserResolver(sources("bean:kyes"), MissingUser.SHARED, context))
                .withMessage("there is no KeyResolver bean \"kyes\", only [keys]");
    }

    @Test
    void sourceThatTheApplicationCannotSupportIsRefusedWhenTheResolverIsBuilt() {
        SourceContext context =
                new SourceContext(0, Map.of(), source -> source instanceof UserSource.Ip ? "no address" : null);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new UserResolver(List.of(), MissingUser.IP, context))
                .withMessage("no address");
    }

    @Test
    void tierIsWhatTheFirstVerifiedSourceSays() {
        TierResolver resolver = new TierResolver(sources("claim:plan", "principal"), SourceContext.of(0));

        StepVerifier.create(resolver.resolve(exchange(PrincipalsTest.jwt(Map.of("plan", "free", "sub", "alice")))))
                .expectNext("free")
                .verifyComplete();
        StepVerifier.create(resolver.resolve(exchange(PrincipalsTest.jwt(Map.of("sub", "alice")))))
                .expectNext("alice")
                .verifyComplete();
    }

    @Test
    void callerWithoutAPrincipalHasNoTier() {
        TierResolver resolver = new TierResolver(sources("claim:plan"), SourceContext.of(0));

        StepVerifier.create(resolver.resolve(exchange("alice"))).verifyComplete();
    }

    @Test
    void tierFromAHeaderIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TierResolver(sources("header:X-Plan"), SourceContext.of(0)));
    }

    private static Caller resolve(MockServerWebExchange exchange, String... sources) {
        return block(resolver(sources), exchange);
    }

    private static UserResolver resolver(String... sources) {
        return new UserResolver(sources(sources), MissingUser.SHARED, SourceContext.of(0));
    }

    private static Caller resolve(MissingUser missing, MockServerWebExchange exchange) {
        return block(new UserResolver(sources("header:X-User-Id"), missing, SourceContext.of(0)), exchange);
    }

    private static Caller resolveWithBean(KeyResolver bean) {
        return block(new UserResolver(sources("bean:keys"), MissingUser.SHARED, beans(bean)), exchange());
    }

    /** The answer; where there is one at once, it is the same. */
    private static Caller block(UserResolver resolver, MockServerWebExchange exchange) {
        Caller caller = Objects.requireNonNull(resolver.resolve(exchange).block());
        assertThat(resolver.resolveAtOnce(exchange)).isIn(caller, null);
        return caller;
    }

    private static SourceContext beans(KeyResolver bean) {
        return new SourceContext(0, Map.of("keys", bean), source -> null);
    }

    private static List<UserSource> sources(String... texts) {
        return Arrays.stream(texts).map(UserSource::parse).toList();
    }

    private static Caller known(UserId id) {
        return new Caller.Known(id);
    }

    private static MockServerWebExchange exchange(String... userIds) {
        MockServerHttpRequest.BaseBuilder<?> request =
                MockServerHttpRequest.get("/").remoteAddress(new InetSocketAddress("192.0.2.1", 4711));
        for (String each : userIds) {
            request.header(HEADER, each);
        }
        return MockServerWebExchange.from(request.build());
    }

    private static MockServerWebExchange exchange(Principal principal) {
        return MockServerWebExchange.builder(MockServerHttpRequest.get("/"))
                .principal(principal)
                .build();
    }
}
