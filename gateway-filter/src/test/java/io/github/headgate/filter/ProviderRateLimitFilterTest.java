package io.github.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.caller.MissingUser;
import io.github.headgate.caller.SourceContext;
import io.github.headgate.caller.UserSource;
import io.github.headgate.filter.ProviderRateLimitGatewayFilterFactory.Config;
import io.github.headgate.http.Dialect;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.cloud.gateway.filter.GatewayFilter;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.headers.HttpHeadersFilter;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.support.ServerWebExchangeUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.publisher.PublisherProbe;
import reactor.test.publisher.TestPublisher;

class ProviderRateLimitFilterTest {

    private static final Instant NOW = Instant.parse("2026-11-23T20:44:40Z");

    private final ScriptedLimiter limiter = new ScriptedLimiter();
    private final MockServerWebExchange exchange = exchange("alice");
    private final MockServerHttpResponse response = exchange.getResponse();
    private final Upstream upstream = new Upstream();

    @Test
    void grantedRequestReachesTheUpstreamOnce() {
        run(filter(config -> config.setProvider("openai")));

        assertThat(upstream.subscriptions()).isEqualTo(1);
        assertThat(limiter.calls).containsExactly(new ScriptedLimiter.Call("openai:alice", null, 1, null));
        assertThat(limiter.givenBack).isEmpty();
        assertThat(response.getStatusCode()).isEqualTo(HttpStatus.OK);
    }

    @Test
    void nothingIsDecidedBeforeSubscription() {
        filter(config -> config.setProvider("openai")).filter(exchange, upstream);

        assertThat(limiter.calls).isEmpty();
    }

    @Test
    void deniedRequestNeverReachesUpstream() {
        limiter.answer("openai:alice", ScriptedLimiter.denied());

        run(filter(config -> config.setProvider("openai")));

        assertThat(upstream.subscriptions()).isZero();
        assertThat(response.getStatusCode()).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
        assertThat(response.getHeaders().toSingleValueMap())
                .containsEntry("Retry-After", "2")
                .containsEntry("x-ratelimit-limit-requests", "60")
                .containsEntry("RateLimit", "\"minute\";r=0;t=2")
                .containsEntry("Content-Length", Integer.toString(body().length()));
        assertThat(body())
                .startsWith("{\"error\":{\"message\":\"Rate limit reached for this user on requests per min (RPM)");
    }

    @Test
    void limiterThatFailsHoldsUpNobodyInShadowMode() {
        limiter.answer("openai:alice", Mono.error(new IllegalStateException("broken")));

        run(filter(config -> {
            config.setProvider("openai");
            config.setShadow(true);
        }));

        assertThat(upstream.subscriptions()).isEqualTo(1);
        assertThat(response.getStatusCode()).isEqualTo(HttpStatus.OK);
        assertThat(response.getHeaders().getFirst("x-headgate-shadow")).isEqualTo("failed");
    }

    @Test
    void limiterThatDecidesNothingLetsNothingPass() {
        limiter.answer("openai:alice", Mono.empty());

        StepVerifier.create(filter(config -> config.setProvider("openai")).filter(exchange, upstream))
                .verifyErrorMessage("the limiter decided nothing about a request to openai");

        assertThat(upstream.subscriptions()).isZero();
    }

    @Test
    void limiterThatDecidesNothingHoldsUpNobodyInShadowMode() {
        limiter.answer("openai:alice", Mono.empty());

        run(filter(config -> {
            config.setProvider("openai");
            config.setShadow(true);
        }));

        assertThat(upstream.subscriptions()).isEqualTo(1);
        assertThat(response.getHeaders().getFirst("x-headgate-shadow")).isEqualTo("failed");
    }

    @Test
    void providersThatDoNotKnowADialectCostNobodyAPermit() {
        Providers speechless = new Providers() {
            @Override
            public Collection<String> names() {
                return Set.of("openai");
            }

            @Override
            public Dialect dialect(String provider) {
                throw new IllegalStateException("no dialect");
            }
        };
        var factory =
                new LimitingGatewayFilterFactory(limiter, speechless, FilterDefaults.standard(), SourceContext.of(0));
        Config config = new Config();
        config.setProvider("openai");

        StepVerifier.create(factory.apply(config).filter(exchange, upstream)).verifyErrorMessage("no dialect");

        assertThat(limiter.calls).isEmpty();
        assertThat(upstream.subscriptions()).isZero();
    }

    @Test
    void waitsLongerThanTheConfiguredOneAdviseAgainstARetry() {
        limiter.answer("openai:alice", ScriptedLimiter.denied());
        FilterDefaults impatient = new FilterDefaults(
                FilterDefaults.standard().user(),
                List.of(),
                MissingUser.SHARED,
                Mode.REJECT,
                Duration.ZERO,
                true,
                Duration.ofSeconds(1));

        run(factory(impatient, 0).apply(config -> config.setProvider("openai")));

        assertThat(response.getHeaders().getFirst("x-should-retry")).isEqualTo("false");
    }

    @ParameterizedTest
    @EnumSource
    void dialectOfTheFilterGoesBeforeThatOfTheProvider(Dialect dialect) {
        limiter.answer("openai:alice", ScriptedLimiter.denied());

        run(filter(config -> {
            config.setProvider("openai");
            config.setDialect(dialect);
        }));

        assertThat(body())
                .startsWith(
                        switch (dialect) {
                            case OPENAI -> "{\"error\":";
                            case ANTHROPIC -> "{\"type\":\"error\"";
                            case PROBLEM -> "{\"type\":\"https://iana.org/";
                        });
    }

    @Test
    void anthropicRequestIdIsTheSameInHeaderAndBody() {
        limiter.answer("claude:alice", ScriptedLimiter.denied());

        run(filter(config -> config.setProvider("claude")));

        String id = response.getHeaders().getFirst("request-id");
        assertThat(id).matches("req_[0-9a-f]{32}");
        assertThat(body()).endsWith("\"request_id\":\"" + id + "\"}");
    }

    @Test
    void limitHeadersReplaceTheUpstreamsOwn() {
        upstream.answer(HttpStatus.OK, headers -> {
            headers.add("x-ratelimit-remaining-requests", "123456");
            headers.add("x-ratelimit-remaining-tokens", "149984");
            headers.add("anthropic-ratelimit-tokens-limit", "80000");
            headers.add("RateLimit", "\"account\";r=1");
            headers.add("Content-Type", "text/event-stream");
        });

        run(filter(config -> config.setProvider("openai")));

        assertThat(response.getHeaders().headerNames())
                .containsExactlyInAnyOrder(
                        "Content-Type",
                        "x-ratelimit-limit-requests",
                        "x-ratelimit-remaining-requests",
                        "x-ratelimit-reset-requests",
                        "RateLimit-Policy",
                        "RateLimit");
        assertThat(response.getHeaders().get("x-ratelimit-remaining-requests")).containsExactly("59");
        assertThat(response.getHeaders().get("RateLimit")).containsExactly("\"minute\";r=59");
    }

    @Test
    void limitHeadersThatAnotherFilterSetsStay() {
        upstream.answer(HttpStatus.OK, headers -> headers.add("x-ratelimit-remaining-tokens", "149984"));
        response.getHeaders().add("X-RateLimit-Tenant", "7");

        run(filter(config -> {
            config.setProvider("openai");
            config.setHeaders(false);
        }));

        assertThat(response.getHeaders().headerNames()).containsExactly("X-RateLimit-Tenant");
    }

    @Test
    void limitHeadersOfAnUpstreamWhoseCallersNobodyLimitsStay() {
        upstream.answer(HttpStatus.OK, headers -> headers.add("x-ratelimit-remaining-tokens", "149984"));

        StepVerifier.create(upstream.filter(exchange)).verifyComplete();

        assertThat(response.getHeaders().headerNames()).containsExactly("x-ratelimit-remaining-tokens");
    }

    @Test
    void limitsAreShownFromTheGrantOn() {
        upstream.neverAnswer();

        filter(config -> config.setProvider("openai"))
                .filter(exchange, upstream)
                .subscribe();

        assertThat(response.getHeaders().getFirst("x-ratelimit-remaining-requests"))
                .isEqualTo("59");
    }

    /** A cache outside the route's filters keeps the headers that it finds when the body is written, for everyone. */
    @Test
    void responseThatAFilterOutsideWatchesShowsLimitsOnlyAtItsCommit() {
        List<Set<String>> seen = new ArrayList<>();
        ServerWebExchange watched = exchange.mutate()
                .response(new ServerHttpResponseDecorator(response) {
                    @Override
                    public Mono<Void> setComplete() {
                        seen.add(Set.copyOf(getHeaders().headerNames()));
                        return super.setComplete();
                    }
                })
                .build();

        StepVerifier.create(filter(config -> config.setProvider("openai")).filter(watched, upstream))
                .verifyComplete();

        assertThat(seen).containsExactly(Set.of());
        assertThat(response.getHeaders().getFirst("x-ratelimit-remaining-requests"))
                .isEqualTo("59");
    }

    @Test
    void limitsAreShownAgainWhenTheExchangeIsSentAgain() {
        GatewayFilter filter = filter(config -> config.setProvider("openai"));
        upstream.fail(new IllegalStateException("once"));
        StepVerifier.create(filter.filter(exchange, upstream)).verifyErrorMessage("once");
        response.getHeaders().clear();

        StepVerifier.create(filter.filter(exchange, upstream)).verifyErrorMessage("once");

        assertThat(limiter.calls).hasSize(1);
        assertThat(response.getHeaders().getFirst("x-ratelimit-remaining-requests"))
                .isEqualTo("59");
    }

    @Test
    void verdictThatComesAfterTheCallerHasLeftIsNotWritten() {
        TestPublisher<Decision> late = TestPublisher.createNoncompliant(TestPublisher.Violation.DEFER_CANCELLATION);
        limiter.answer("openai:alice", Mono.fromDirect(late));
        filter(config -> {
                    config.setProvider("openai");
                    config.setShadow(true);
                })
                .filter(exchange, upstream)
                .subscribe()
                .dispose();

        late.next(ScriptedLimiter.granted(Key.of("openai", "alice"), 1));

        assertThat(response.getHeaders().headerNames()).isEmpty();
    }

    @Test
    void responseThatIsCommittedAlreadyStaysAsItIs() {
        response.setComplete().block();

        run(filter(config -> config.setProvider("openai")));

        assertThat(limiter.calls).hasSize(1);
        assertThat(response.getHeaders().headerNames()).isEmpty();
    }

    @Test
    void upstreamsLimitHeadersGoAlsoWithoutHeadersOfOurOwn() {
        upstream.answer(HttpStatus.OK, headers -> headers.add("x-ratelimit-remaining-tokens", "149984"));

        run(filter(config -> {
            config.setProvider("openai");
            config.setHeaders(false);
        }));

        assertThat(response.getHeaders().headerNames()).isEmpty();
    }

    @Test
    void upstreamsOwnRefusalKeepsItsRetryAfter() {
        upstream.answer(HttpStatus.TOO_MANY_REQUESTS, headers -> headers.add("Retry-After", "7"));

        run(filter(config -> config.setProvider("openai")));

        assertThat(response.getStatusCode()).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
        assertThat(response.getHeaders().getFirst("Retry-After")).isEqualTo("7");
        assertThat(response.getHeaders().getFirst("x-ratelimit-remaining-requests"))
                .isEqualTo("59");
    }

    @Test
    void absoluteResetIsCountedFromTheDecision() {
        run(filter(config -> config.setProvider("claude")));

        assertThat(response.getHeaders().getFirst("anthropic-ratelimit-requests-reset"))
                .isEqualTo("2026-11-23T20:45:00Z");
    }

    @Test
    void permitsAndLongestWaitReachTheLimiter() {
        run(filter(config -> {
            config.setProvider("openai");
            config.setPermits(5);
            config.setMode(Mode.WAIT);
            config.setMaxWait(Duration.ofSeconds(20));
        }));

        assertThat(limiter.calls)
                .containsExactly(new ScriptedLimiter.Call("openai:alice", null, 5, Duration.ofSeconds(20)));
    }

    @Test
    void waitingRequestReachesTheUpstreamOnlyWhenItIsGranted() {
        Sinks.One<Decision> decision = Sinks.one();
        limiter.answer("openai:alice", decision.asMono());

        List<String> signals = new ArrayList<>();
        waiting("openai")
                .filter(exchange, upstream)
                .doOnSuccess(done -> signals.add("done"))
                .subscribe();
        assertThat(limiter.calls).hasSize(1);
        assertThat(upstream.subscriptions()).isZero();

        decision.tryEmitValue(ScriptedLimiter.granted(Key.of("openai", "alice"), 1));

        assertThat(upstream.subscriptions()).isEqualTo(1);
        assertThat(signals).containsExactly("done");
    }

    @Test
    void callerThatLeavesWhileItWaitsCancelsTheWait() {
        PublisherProbe<Decision> wait = PublisherProbe.of(Mono.never());
        limiter.answer("openai:alice", wait.mono());

        waiting("openai").filter(exchange, upstream).subscribe().dispose();

        wait.assertWasCancelled();
        assertThat(upstream.subscriptions()).isZero();
    }

    @Test
    void callerThatLeavesOnceTheRequestHasGoneHasSpentItsPermit() {
        upstream.neverAnswer();

        waiting("openai").filter(exchange, upstream).subscribe().dispose();

        assertThat(upstream.subscriptions()).isEqualTo(1);
        assertThat(limiter.givenBack).isEmpty();
    }

    @Test
    void callerThatLeavesAtASecondFilterGetsBackWhatTheFirstCharged() {
        limiter.answer("claude:alice", Mono.never());

        chain(waiting("openai"), waiting("claude")).filter(exchange).subscribe().dispose();

        assertThat(limiter.givenBack).containsExactly(Key.of("openai", "alice"));
        assertThat(upstream.subscriptions()).isZero();
        assertThat(response.getHeaders().headerNames()).isEmpty();
    }

    @Test
    void grantThatComesAfterTheCallerHasLeftIsGivenBack() {
        TestPublisher<Decision> late = TestPublisher.createNoncompliant(TestPublisher.Violation.DEFER_CANCELLATION);
        limiter.answer("openai:alice", Mono.fromDirect(late));
        waiting("openai").filter(exchange, upstream).subscribe().dispose();

        late.next(ScriptedLimiter.granted(Key.of("openai", "alice"), 1));

        assertThat(limiter.givenBack).containsExactly(Key.of("openai", "alice"));
    }

    @Test
    void exchangeThatIsSentAgainAfterAnErrorIsDecidedAfreshAndShowsItsLimits() {
        Iterator<Mono<Decision>> answers = List.of(
                        Mono.<Decision>error(new IllegalStateException("once")),
                        Mono.<Decision>just(ScriptedLimiter.granted(Key.of("openai", "alice"), 7)))
                .iterator();
        limiter.answer("openai:alice", Mono.defer(answers::next));

        StepVerifier.create(filter(config -> config.setProvider("openai"))
                        .filter(exchange, upstream)
                        .retry(1))
                .verifyComplete();

        assertThat(limiter.calls).hasSize(2);
        assertThat(response.getHeaders().getFirst("x-ratelimit-remaining-requests"))
                .isEqualTo("7");
    }

    @Test
    void missingUserSharesTheProvidersKey() {
        limiter.answer("openai", ScriptedLimiter.denied());
        MockServerWebExchange nobody = exchange();

        run(filter(config -> config.setProvider("openai")), nobody);

        assertThat(limiter.calls).extracting(ScriptedLimiter.Call::key).containsExactly("openai");
        assertThat(body(nobody)).contains("Rate limit reached for this provider");
    }

    @Test
    void missingUserIsDeniedWithoutACharge() {
        MockServerWebExchange nobody = exchange();

        run(
                filter(config -> {
                    config.setProvider("claude");
                    config.setMissingUser(MissingUser.DENY);
                }),
                nobody);

        assertThat(limiter.calls).isEmpty();
        assertThat(upstream.subscriptions()).isZero();
        assertThat(nobody.getResponse().getStatusCode()).isEqualTo(HttpStatus.UNAUTHORIZED);
        assertThat(nobody.getResponse().getHeaders().headerNames())
                .contains("WWW-Authenticate")
                .doesNotContain("anthropic-ratelimit-requests-limit");
        assertThat(body(nobody)).contains("\"type\":\"authentication_error\"");
    }

    @Test
    void missingUserIsCountedByAddress() {
        MockServerWebExchange nobody = MockServerWebExchange.from(MockServerHttpRequest.get("/")
                .remoteAddress(new java.net.InetSocketAddress("192.0.2.1", 4711))
                .header("X-Forwarded-For", "6.6.6.6, 203.0.113.7"));

        run(
                factory(FilterDefaults.standard(), 1).apply(config -> {
                    config.setProvider("openai");
                    config.setMissingUser(MissingUser.IP);
                }),
                nobody);

        assertThat(limiter.calls).extracting(ScriptedLimiter.Call::key).containsExactly("openai:ip=203.0.113.7");
    }

    @Test
    void tierComesFromTheVerifiedSource() {
        MockServerWebExchange gold =
                exchangeOfGoldPrincipal(MockServerHttpRequest.get("/").header("X-User-Id", "alice"));

        run(factory(tiered(), 0).apply(config -> config.setProvider("openai")), gold);

        assertThat(limiter.calls).containsExactly(new ScriptedLimiter.Call("openai:alice", "gold", 1, null));
    }

    @Test
    void sharedKeyHasNoTier() {
        MockServerWebExchange gold = exchangeOfGoldPrincipal(MockServerHttpRequest.get("/"));

        run(factory(tiered(), 0).apply(config -> config.setProvider("openai")), gold);

        assertThat(limiter.calls).containsExactly(new ScriptedLimiter.Call("openai", null, 1, null));
    }

    private static FilterDefaults tiered() {
        return new FilterDefaults(
                FilterDefaults.standard().user(),
                List.of(new UserSource.PrincipalName()),
                MissingUser.SHARED,
                Mode.REJECT,
                Duration.ZERO,
                true,
                Duration.ZERO);
    }

    private static MockServerWebExchange exchangeOfGoldPrincipal(MockServerHttpRequest.BaseBuilder<?> request) {
        return MockServerWebExchange.builder(request.build())
                .principal(() -> "gold")
                .build();
    }

    @Test
    void keyIsChargedOnceHoweverManyFiltersNameIt() {
        GatewayFilter filter = filter(config -> config.setProvider("openai"));

        run(chain(filter, filter(config -> config.setProvider("openai")), filter));

        assertThat(limiter.calls).hasSize(1);
        assertThat(upstream.subscriptions()).isEqualTo(1);
    }

    @Test
    void exchangeThatIsSentAgainIsNotChargedAgain() {
        GatewayFilter filter = filter(config -> config.setProvider("openai"));

        StepVerifier.create(filter.filter(exchange, upstream).repeat(1)).verifyComplete();

        assertThat(limiter.calls).hasSize(1);
        assertThat(upstream.subscriptions()).isEqualTo(2);
    }

    @Test
    void laterDenialGivesBackEarlierChargesAndDescribesItsOwnLimit() {
        limiter.answer("claude:alice", ScriptedLimiter.denied());

        run(chain(filter(config -> config.setProvider("openai")), filter(config -> config.setProvider("claude"))));

        assertThat(limiter.givenBack).containsExactly(Key.of("openai", "alice"));
        assertThat(upstream.subscriptions()).isZero();
        assertThat(response.getStatusCode()).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
        assertThat(response.getHeaders().headerNames())
                .contains("anthropic-ratelimit-requests-limit")
                .doesNotContain("x-ratelimit-limit-requests");
        assertThat(response.getHeaders().get("RateLimit")).containsExactly("\"minute\";r=0;t=2");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void laterDenialSaysNothingOfWhatWasOnlyTried(boolean watched) {
        limiter.answer("claude:alice", ScriptedLimiter.denied());
        ServerWebExchange on = watched
                ? exchange.mutate()
                        .response(new ServerHttpResponseDecorator(response))
                        .build()
                : exchange;
        GatewayFilterChain filters = chain(
                filter(config -> {
                    config.setProvider("openai");
                    config.setShadow(true);
                }),
                filter(config -> config.setProvider("claude")));

        StepVerifier.create(filters.filter(on)).verifyComplete();

        assertThat(response.getStatusCode()).isEqualTo(HttpStatus.TOO_MANY_REQUESTS);
        assertThat(response.getHeaders().headerNames()).doesNotContain("x-headgate-shadow");
    }

    @Test
    void laterMissingUserGivesBackEarlierCharges() {
        run(chain(filter(config -> config.setProvider("openai")), filter(config -> {
            config.setProvider("claude");
            config.setUser(List.of("principal"));
            config.setMissingUser(MissingUser.DENY);
        })));

        assertThat(limiter.givenBack).containsExactly(Key.of("openai", "alice"));
        assertThat(response.getStatusCode()).isEqualTo(HttpStatus.UNAUTHORIZED);
    }

    @Test
    void laterErrorGivesBackEarlierCharges() {
        limiter.answer("claude:alice", Mono.error(new IllegalStateException("broken")));

        StepVerifier.create(chain(
                                filter(config -> config.setProvider("openai")),
                                filter(config -> config.setProvider("claude")))
                        .filter(exchange))
                .verifyErrorMessage("broken");

        assertThat(limiter.givenBack).containsExactly(Key.of("openai", "alice"));
        assertThat(upstream.subscriptions()).isZero();
        assertThat(response.getHeaders().headerNames()).isEmpty();
    }

    @Test
    void errorOfTheUpstreamPassesThroughAndGivesNothingBack() {
        upstream.fail(new IllegalStateException("connection refused"));

        StepVerifier.create(filter(config -> config.setProvider("openai")).filter(exchange, upstream))
                .verifyErrorMessage("connection refused");

        assertThat(limiter.givenBack).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"10, 20, x-ratelimit-, anthropic-ratelimit-", "20, 10, anthropic-ratelimit-, x-ratelimit-"})
    void severalGrantsShowTheTightest(int openai, int claude, String shown, String hidden) {
        limiter.answer("openai:alice", ScriptedLimiter.granted(Key.of("openai", "alice"), openai))
                .answer("claude:alice", ScriptedLimiter.granted(Key.of("claude", "alice"), claude));

        run(chain(filter(config -> config.setProvider("openai")), filter(config -> config.setProvider("claude"))));

        assertThat(response.getHeaders().headerNames())
                .anyMatch(name -> name.startsWith(shown))
                .noneMatch(name -> name.startsWith(hidden));
        assertThat(response.getHeaders().get("RateLimit")).containsExactly("\"minute\";r=10");
    }

    @Test
    void metadataNamesTheProviderWhenTheFilterDoesNot() {
        route("some-route", Map.of("provider", "claude"));

        run(filter(config -> {}));

        assertThat(limiter.calls).extracting(ScriptedLimiter.Call::key).containsExactly("claude:alice");
    }

    @Test
    void routeIdNamesTheProviderWhenNothingElseDoes() {
        route("DeepSeek", Map.of());

        run(filter(config -> {}));

        assertThat(limiter.calls).extracting(ScriptedLimiter.Call::key).containsExactly("deepseek:alice");
    }

    @Test
    void filterNamesTheProviderBeforeTheRoute() {
        route("some-route", Map.of("provider", "claude"));

        run(filter(config -> config.setProvider("openai")));

        assertThat(limiter.calls).extracting(ScriptedLimiter.Call::key).containsExactly("openai:alice");
    }

    @Test
    void filterDescribesItselfForTheActuator() {
        GatewayFilter filter = filter(config -> {
            config.setProvider("openai");
            config.setUser(List.of("claim:sub", "ip"));
        });

        assertThat(filter)
                .hasToString("[ProviderRateLimit provider = 'openai', user = [claim:sub, ip], mode = REJECT,"
                        + " permits = 1]");
    }

    private void run(GatewayFilter filter) {
        run(filter, exchange);
    }

    private void run(GatewayFilter filter, MockServerWebExchange on) {
        StepVerifier.create(filter.filter(on, upstream)).verifyComplete();
    }

    private void run(GatewayFilterChain chain) {
        StepVerifier.create(chain.filter(exchange)).verifyComplete();
    }

    private GatewayFilterChain chain(GatewayFilter... filters) {
        if (filters.length == 0) {
            return upstream;
        }
        GatewayFilterChain rest = chain(Arrays.copyOfRange(filters, 1, filters.length));
        return on -> filters[0].filter(on, rest);
    }

    private GatewayFilter filter(Consumer<Config> config) {
        return factory(FilterDefaults.standard(), 0).apply(config);
    }

    private GatewayFilter waiting(String provider) {
        return filter(config -> {
            config.setProvider(provider);
            config.setMode(Mode.WAIT);
        });
    }

    private LimitingGatewayFilterFactory factory(FilterDefaults defaults, int trustedHops) {
        return new LimitingGatewayFilterFactory(
                limiter,
                new KnownProviders(),
                defaults,
                SourceContext.of(trustedHops),
                DecisionObservation.NONE,
                InstantSource.fixed(NOW));
    }

    private void route(String id, Map<String, Object> metadata) {
        Route route = Route.async()
                .id(id)
                .uri(URI.create("https://upstream.example"))
                .predicate(each -> true)
                .metadata(metadata)
                .build();
        exchange.getAttributes().put(ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR, route);
    }

    private String body() {
        return body(exchange);
    }

    private static String body(MockServerWebExchange of) {
        return String.valueOf(of.getResponse().getBodyAsString().block());
    }

    private static MockServerWebExchange exchange(String... user) {
        MockServerHttpRequest.BaseBuilder<?> request = MockServerHttpRequest.get("/");
        for (String each : user) {
            request.header("X-User-Id", each);
        }
        return MockServerWebExchange.from(request.build());
    }

    /** The end of the chain: answers as Netty's routing filter does, by adding the headers that filters leave. */
    private static final class Upstream implements GatewayFilterChain {

        private static final List<HttpHeadersFilter> FILTERS = List.of(new UpstreamLimitHeadersFilter());

        private HttpStatus status = HttpStatus.OK;
        private Consumer<HttpHeaders> headers = none -> {};
        private Mono<Void> result = Mono.empty();
        private int subscriptions;

        void answer(HttpStatus answered, Consumer<HttpHeaders> with) {
            status = answered;
            headers = with;
        }

        void neverAnswer() {
            result = Mono.never();
        }

        void fail(Throwable error) {
            result = Mono.error(error);
        }

        int subscriptions() {
            return subscriptions;
        }

        @Override
        public Mono<Void> filter(ServerWebExchange on) {
            return Mono.defer(() -> {
                subscriptions++;
                on.getResponse().setStatusCode(status);
                if (!on.getResponse().isCommitted()) {
                    HttpHeaders sent = new HttpHeaders();
                    headers.accept(sent);
                    HttpHeaders left = HttpHeadersFilter.filter(FILTERS, sent, on, HttpHeadersFilter.Type.RESPONSE);
                    on.getResponse().getHeaders().addAll(left);
                }
                return result.then(Mono.defer(on.getResponse()::setComplete));
            });
        }
    }
}
