package io.github.headgate.benchmarks.subject;

import java.util.List;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.cloud.gateway.filter.ratelimit.RateLimiter;
import org.springframework.cloud.gateway.filter.ratelimit.RedisRateLimiter;
import org.springframework.cloud.gateway.support.ConfigurationService;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.script.DefaultRedisScript;
import org.springframework.validation.Validator;

/** Spring Cloud Gateway's {@code RedisRateLimiter}, put together as its auto-configuration does. */
final class SpringLimiter implements Subject {

    private static final String ROUTE = "bench";

    private final LettuceConnectionFactory connections;
    private final RedisRateLimiter limiter;

    SpringLimiter(String redisUrl) {
        connections = new LettuceConnectionFactory(
                (RedisStandaloneConfiguration) LettuceConnectionFactory.createRedisConfiguration(redisUrl));
        connections.afterPropertiesSet();
        connections.start();
        StaticListableBeanFactory beans = new StaticListableBeanFactory();
        limiter = new RedisRateLimiter(
                new ReactiveStringRedisTemplate(connections),
                script(),
                new ConfigurationService(
                        beans, () -> beans.getBean(ConversionService.class), () -> beans.getBean(Validator.class)));
        limiter.getConfig()
                .put(
                        ROUTE,
                        new RedisRateLimiter.Config()
                                .setReplenishRate(1_000_000)
                                .setBurstCapacity(1_000_000));
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static DefaultRedisScript<List<Long>> script() {
        DefaultRedisScript script = new DefaultRedisScript<>();
        script.setLocation(new ClassPathResource("META-INF/scripts/request_rate_limiter.lua"));
        script.setResultType(List.class);
        return script;
    }

    @Override
    public void check(String user, Answer answer) {
        var unused = limiter.isAllowed(ROUTE, user)
                .map(RateLimiter.Response::isAllowed)
                .subscribe(answer::decided, answer::failed);
    }

    @Override
    public void close() {
        connections.destroy();
    }
}
