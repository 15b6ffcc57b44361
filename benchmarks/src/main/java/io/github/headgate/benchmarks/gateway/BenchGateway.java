package io.github.headgate.benchmarks.gateway;

import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.benchmarks.subject.Answer;
import io.github.headgate.benchmarks.subject.BareCall;
import io.github.headgate.benchmarks.subject.HeadgateFilter;
import io.github.headgate.benchmarks.subject.SubjectKind.Limits;
import io.github.headgate.filter.Mode;
import io.github.headgate.limiter.StoreRateLimiter;
import io.github.headgate.local.LocalStore;
import io.github.headgate.rules.RuleBook;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.gateway.filter.GatewayFilter;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.factory.RequestRateLimiterGatewayFilterFactory;
import org.springframework.cloud.gateway.filter.ratelimit.KeyResolver;
import org.springframework.cloud.gateway.filter.ratelimit.RedisRateLimiter;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.route.builder.RouteLocatorBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

/** A gateway with one upstream and a path for each way to limit it, none of which ever denies. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class BenchGateway {

    private static final String UPSTREAM = "bench.upstream";
    private static final String ROUTE = "bench";
    private static final String REDIS = "spring.data.redis.url";

    /** Starts with the arguments: the upstream's port, Redis's URL. */
    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(BenchGateway.class);
        application.setBannerMode(Banner.Mode.OFF);
        application.setDefaultProperties(Map.of(
                "server.port",
                "0",
                "logging.level.root",
                "warn",
                UPSTREAM,
                "http://127.0.0.1:" + args[0],
                REDIS,
                args[1],
                // A machine that stalls must not turn this into a benchmark of memory.
                "headgate.redis.timeout",
                "5s"));
        Environment environment = application.run().getEnvironment();
        ChildJvm.ready(environment.getRequiredProperty("local.server.port", Integer.class));
    }

    @Bean
    RuleBook neverReached() {
        return RuleBook.builder(Limits.NEVER_REACHED).build();
    }

    @Bean
    RedisRateLimiter springLimiter() {
        return new RedisRateLimiter(1_000_000, 1_000_000);
    }

    @Bean
    KeyResolver byUser() {
        return exchange -> Mono.just(user(exchange));
    }

    /** One route for all: of several, the later ones would pay for asking the predicates of those before. */
    @Bean
    RouteLocator route(
            RouteLocatorBuilder builder,
            Environment environment,
            RuleBook rules,
            ProviderRateLimiter shared,
            RequestRateLimiterGatewayFilterFactory spring) {
        Map<String, GatewayFilter> filters = new HashMap<>();
        filters.put(RouteKind.PLAIN.path(), (exchange, chain) -> chain.filter(exchange));
        filters.put(RouteKind.HEADERS.path(), BenchGateway::addHeaders);
        filters.put(RouteKind.BARE_CALL.path(), bareCall(new BareCall(environment.getRequiredProperty(REDIS))));
        filters.put(RouteKind.SPRING.path(), spring.apply(config -> config.setRouteId(ROUTE)));
        filters.put(RouteKind.HEADGATE_REDIS.path(), HeadgateFilter.over(shared, Mode.REJECT));
        filters.put(
                RouteKind.HEADGATE_LOCAL.path(),
                HeadgateFilter.over(
                        new StoreRateLimiter(new LocalStore(100_000), rules, 0, 0, Schedulers.parallel()),
                        Mode.REJECT));
        return builder.routes()
                .route(
                        ROUTE,
                        route -> route.path("/**")
                                .filters(spec -> spec.filter((exchange, chain) -> require(
                                                filters,
                                                exchange.getRequest().getPath().value())
                                        .filter(exchange, chain)))
                                .uri(environment.getRequiredProperty(UPSTREAM)))
                .build();
    }

    private static GatewayFilter require(Map<String, GatewayFilter> filters, String path) {
        GatewayFilter filter = filters.get(path);
        if (filter == null) {
            throw new IllegalArgumentException(path + " is none of " + filters.keySet());
        }
        return filter;
    }

    private static Mono<Void> addHeaders(ServerWebExchange exchange, GatewayFilterChain chain) {
        HttpHeaders headers = exchange.getResponse().getHeaders();
        headers.set("x-ratelimit-limit-requests", "60");
        headers.set("x-ratelimit-remaining-requests", "59");
        headers.set("x-ratelimit-reset-requests", "1s");
        headers.set("RateLimit-Policy", "\"minute\";q=60;w=60, \"hour\";q=3500;w=3600, \"day\";q=100000;w=86400");
        headers.set("RateLimit", "\"minute\";r=59;t=0, \"hour\";r=3499;t=0, \"day\";r=99999;t=0");
        return chain.filter(exchange);
    }

    private static GatewayFilter bareCall(BareCall call) {
        return (exchange, chain) -> Mono.<Boolean>create(sink -> call.check(user(exchange), new Emitting(sink)))
                .flatMap(granted -> chain.filter(exchange));
    }

    private static String user(ServerWebExchange exchange) {
        String user = exchange.getRequest().getHeaders().getFirst(HeadgateFilter.USER_HEADER);
        return user == null ? "nobody" : user;
    }

    private record Emitting(MonoSink<Boolean> sink) implements Answer {

        @Override
        public void decided(boolean granted) {
            sink.success(granted);
        }

        @Override
        public void failed(Throwable cause) {
            sink.error(cause);
        }
    }
}
