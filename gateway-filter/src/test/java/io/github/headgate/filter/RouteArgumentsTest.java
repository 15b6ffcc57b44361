package io.github.headgate.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.headgate.caller.SourceContext;
import io.github.headgate.caller.UserSource;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.cloud.gateway.config.GatewayProperties;
import org.springframework.cloud.gateway.event.RefreshRoutesEvent;
import org.springframework.cloud.gateway.filter.FilterDefinition;
import org.springframework.cloud.gateway.route.CachingRouteLocator;
import org.springframework.cloud.gateway.route.CompositeRouteDefinitionLocator;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.route.RouteDefinition;
import org.springframework.cloud.gateway.route.RouteDefinitionLocator;
import org.springframework.cloud.gateway.route.RouteDefinitionRouteLocator;
import org.springframework.cloud.gateway.support.ConfigurationService;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class RouteArgumentsTest {

    private static final String ALLOWED_SOURCES =
            "allowed are header:NAME, claim:NAME, principal, ip or bean:NAME, or a list of these";
    private static final String ALLOWED_ARGUMENTS = "allowed arguments are provider, user, missing-user, mode,"
            + " max-wait, permits, dialect, headers, shadow";
    private static final String ALLOWED_WAIT = "allowed is a duration of 0s to 60s";
    private static final String ALLOWED_PERMITS = "allowed is a whole number of at least 1";

    private final ScriptedLimiter limiter = new ScriptedLimiter();
    private final SourceContext sources = new SourceContext(
            0,
            Map.of("keys", exchange -> Mono.just("acme")),
            source -> source instanceof UserSource.Ip ? "needs headgate.trusted-hops here" : null);
    private final LimitingGatewayFilterFactory factory =
            new LimitingGatewayFilterFactory(limiter, new KnownProviders(), FilterDefaults.standard(), sources);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "max-wiat     | 20s         | " + ALLOWED_ARGUMENTS,
                "routeId      | x           | " + ALLOWED_ARGUMENTS,
                "mode.0       | wait        | " + ALLOWED_ARGUMENTS,
                "rule.minute  | 5           | " + ALLOWED_ARGUMENTS,
                "provider     | opnai       | allowed are claude, openai",
                "provider     | OpenAI      | allowed are claude, openai",
                "provider     | ''          | allowed are claude, openai",
                "user         | X-User-Id   | " + ALLOWED_SOURCES,
                "user         | ''          | " + ALLOWED_SOURCES,
                "user.1       | cookie:x    | " + ALLOWED_SOURCES,
                "user         | bean:kyes   | there is no KeyResolver bean \"kyes\", only [keys]",
                "user         | ip          | needs headgate.trusted-hops here",
                "missing-user | drop        | allowed are shared, deny, ip",
                "mode         | block       | allowed are reject, wait",
                "mode         | ''          | allowed are reject, wait",
                "max-wait     | soon        | " + ALLOWED_WAIT,
                "permits      | many        | " + ALLOWED_PERMITS,
                "permits      | 0           | " + ALLOWED_PERMITS,
                "permits      | -1          | " + ALLOWED_PERMITS,
                "permits      | 2147483648  | " + ALLOWED_PERMITS,
                "dialect      | gemini      | allowed are openai, anthropic, problem",
                "headers      | maybe       | allowed are true, false",
            })
    void wrongArgumentStopsStartUpNamingRouteFilterArgumentAndWhatIsAllowed(
            String argument, String value, String allowed) {
        RouteArguments arguments = arguments(route("r1", "provider=openai", argument + "=" + value));

        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(arguments::checkConfigured)
                .withMessage("route \"r1\", filter ProviderRateLimit, argument " + argument.replace("user.1", "user")
                        + ": \"" + value + "\" is not allowed; " + allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"61s", "60001ms", "-1s", "1h"})
    void waitOutOfItsRangeIsRefused(String value) {
        RouteArguments arguments = arguments(route("r1", "provider=openai", "max-wait=" + value));

        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(arguments::checkConfigured)
                .withMessageStartingWith("route \"r1\", filter ProviderRateLimit, argument max-wait: ")
                .withMessageEndingWith(ALLOWED_WAIT);
    }

    @Test
    void missingUserByAddressNeedsAUsableAddress() {
        RouteArguments arguments = arguments(route("r1", "provider=openai", "missing-user=ip"));

        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(arguments::checkConfigured)
                .withMessage("route \"r1\", filter ProviderRateLimit, argument missing-user: \"ip\" is not allowed;"
                        + " needs headgate.trusted-hops here");
    }

    @Test
    void surplusArgumentOfTheShortFormIsRefused() {
        RouteArguments arguments = arguments(shortForm("r1", "ProviderRateLimit=openai,wait"));

        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(arguments::checkConfigured)
                .withMessage("route \"r1\", filter ProviderRateLimit, argument 2: \"wait\" is not allowed; the short"
                        + " form takes the provider alone; under name and args, allowed are provider, user,"
                        + " missing-user, mode, max-wait, permits, dialect, headers, shadow");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "max-wait=60s",
                "maxWait=0s",
                "MAX_WAIT=20000",
                "max_wait=PT5S",
                "mode=WAIT",
                "missing-user=deny",
                "user=claim:sub, header:X-User-Id",
                "user[0]=claim:sub",
                "user.0=principal",
                "user=bean:keys",
                "dialect=problem",
                "headers=false",
                "permits=2147483647",
                "permits=#{@cost}",
                "mode=#{@mode}"
            })
    void rightArgumentIsAccepted(String argument) {
        RouteArguments arguments = arguments(route("r1", "provider=openai", argument));

        assertThatCode(arguments::checkConfigured).doesNotThrowAnyException();
    }

    @Test
    void otherFiltersAreNotOurs() {
        RouteArguments arguments = arguments(shortForm("Route 1", "AddRequestHeader=X-A,b"));

        assertThatCode(arguments::checkConfigured).doesNotThrowAnyException();
    }

    @Test
    void wrongDefaultFilterIsNamedAsSuch() {
        GatewayProperties gateway = new GatewayProperties();
        gateway.setDefaultFilters(List.of(new FilterDefinition("ProviderRateLimit=opnai")));

        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(new RouteArguments(factory, gateway)::checkConfigured)
                .withMessage("spring.cloud.gateway.server.webflux.default-filters, filter ProviderRateLimit, argument"
                        + " provider: \"opnai\" is not allowed; allowed are claude, openai");
    }

    @Test
    void unknownProviderInMetadataIsRefused() {
        RouteDefinition route = route("r1");
        route.setMetadata(Map.of("provider", "cluade"));

        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(arguments(route)::checkConfigured)
                .withMessage("route \"r1\", metadata provider: \"cluade\" is not allowed; allowed are claude, openai");
    }

    @Test
    void metadataIsNotReadWhereTheFilterNamesItsProvider() {
        RouteDefinition route = route("r1", "provider=openai");
        route.setMetadata(Map.of("provider", "somebody else's"));

        assertThatCode(arguments(route)::checkConfigured).doesNotThrowAnyException();
    }

    @Test
    void routeIdThatCannotNameAProviderIsRefused() {
        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(arguments(route("my route"))::checkConfigured)
                .withMessage("route \"my route\", id: \"my route\" is not allowed; an id that is to name the provider"
                        + " is [a-z0-9][a-z0-9._-]*; otherwise name it in the filter or in the route's metadata");
    }

    @Test
    void routeThatInheritsADefaultFilterMustNameAProviderToo() {
        GatewayProperties gateway = new GatewayProperties();
        gateway.setDefaultFilters(List.of(new FilterDefinition("ProviderRateLimit")));
        gateway.setRoutes(List.of(shortForm("my route", "StripPrefix=1")));

        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(new RouteArguments(factory, gateway)::checkConfigured)
                .withMessageStartingWith("route \"my route\", id: ");
    }

    @Test
    void routeWithoutAnIdIsNamedByItsPlace() {
        RouteDefinition route = route(null, "provider=opnai");

        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(arguments(route("r0", "provider=openai"), route)::checkConfigured)
                .withMessageStartingWith("spring.cloud.gateway.server.webflux.routes[1], filter ProviderRateLimit,");
    }

    @Test
    void exceptionTellsItsParts() {
        RouteArguments arguments = arguments(route("r1", "provider=openai", "mode=block"));

        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(arguments::checkConfigured)
                .satisfies(e -> assertThat(List.of(e.location(), e.value(), e.allowed()))
                        .containsExactly(
                                "route \"r1\", filter ProviderRateLimit, argument mode",
                                "block",
                                "allowed are reject, wait"));
    }

    @Test
    void filterBuiltInJavaIsCheckedTheSameWay() {
        assertThatExceptionOfType(FilterArgumentException.class)
                .isThrownBy(() -> factory.apply("java-route", config -> config.setPermits(0)))
                .withMessage("route \"java-route\", filter ProviderRateLimit, argument permits: \"0\" is not allowed; "
                        + ALLOWED_PERMITS);
    }

    @Test
    void badRouteThatAppearsLaterIsLeftOutAndTheOthersAreServed() {
        List<RouteDefinition> definitions = new ArrayList<>(List.of(route("openai")));
        CachingRouteLocator routes = gateway(definitions);
        assertThat(ids(routes)).containsExactly("openai");

        definitions.add(route("broken", "mode=block"));
        definitions.add(route("claude"));
        routes.onApplicationEvent(new RefreshRoutesEvent(this));

        assertThat(ids(routes)).containsExactly("openai", "claude");
    }

    @Test
    void yamlIsBoundAsItIsChecked() {
        Map<String, String> yaml = new LinkedHashMap<>();
        yaml.put("gw.routes[0].id", "r1");
        yaml.put("gw.routes[0].uri", "https://upstream.example");
        yaml.put("gw.routes[0].filters[0].name", "ProviderRateLimit");
        yaml.put("gw.routes[0].filters[0].args.provider", "claude");
        yaml.put("gw.routes[0].filters[0].args.user[0]", "claim:sub");
        yaml.put("gw.routes[0].filters[0].args.user[1]", "bean:keys");
        yaml.put("gw.routes[0].filters[0].args.mode", "wait");
        yaml.put("gw.routes[0].filters[0].args.max-wait", "20s");
        yaml.put("gw.routes[0].filters[0].args.permits", "3");
        yaml.put("gw.routes[0].filters[0].args.dialect", "problem");
        GatewayProperties gateway = new Binder(new MapConfigurationPropertySource(yaml))
                .bind("gw", Bindable.of(GatewayProperties.class))
                .get();
        new RouteArguments(factory, gateway).checkConfigured();

        Route route =
                Objects.requireNonNull(gateway(gateway.getRoutes()).getRoutes().blockFirst());
        MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/"));
        StepVerifier.create(route.getFilters().get(0).filter(exchange, on -> Mono.empty()))
                .verifyComplete();

        assertThat(limiter.calls)
                .containsExactly(new ScriptedLimiter.Call("claude:acme", null, 3, Duration.ofSeconds(20)));
    }

    private CachingRouteLocator gateway(List<RouteDefinition> definitions) {
        GatewayProperties properties = new GatewayProperties();
        RouteDefinitionLocator all =
                new CompositeRouteDefinitionLocator(Flux.just(() -> Flux.fromIterable(List.copyOf(definitions))));
        RouteArguments arguments = new RouteArguments(factory, properties);
        Object guarded = new RouteDefinitionGuard(() -> arguments).postProcessAfterInitialization(all, "any");
        ConfigurationService configuration = new ConfigurationService(
                new DefaultListableBeanFactory(), ApplicationConversionService::getSharedInstance, () -> null);
        CachingRouteLocator routes = new CachingRouteLocator(new RouteDefinitionRouteLocator(
                (RouteDefinitionLocator) guarded, List.of(), List.of(factory), properties, configuration));
        routes.setApplicationEventPublisher(event -> {});
        return routes;
    }

    private static List<String> ids(CachingRouteLocator routes) {
        return Objects.requireNonNull(
                routes.getRoutes().map(Route::getId).collectList().block());
    }

    private RouteArguments arguments(RouteDefinition... routes) {
        GatewayProperties gateway = new GatewayProperties();
        gateway.setRoutes(List.of(routes));
        return new RouteArguments(factory, gateway);
    }

    private static RouteDefinition route(@Nullable String id, String... arguments) {
        FilterDefinition filter = new FilterDefinition();
        filter.setName("ProviderRateLimit");
        for (String each : arguments) {
            int equals = each.indexOf('=');
            filter.addArg(each.substring(0, equals), each.substring(equals + 1));
        }
        return definition(id, filter);
    }

    private static RouteDefinition shortForm(String id, String text) {
        return definition(id, new FilterDefinition(text));
    }

    private static RouteDefinition definition(@Nullable String id, FilterDefinition filter) {
        RouteDefinition route = new RouteDefinition();
        if (id != null) {
            route.setId(id);
        }
        route.setUri(URI.create("https://upstream.example"));
        route.setFilters(List.of(filter));
        return route;
    }
}
