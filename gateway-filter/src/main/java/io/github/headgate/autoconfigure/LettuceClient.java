package io.github.headgate.autoconfigure;

import io.lettuce.core.AbstractRedisClient;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** Finds the Redis client that Spring Boot has configured: single server, Sentinel or Cluster, with TLS and users. */
final class LettuceClient {

    private LettuceClient() {}

    /** @throws InvalidConfigurationException if there is no connection factory, or not one of Lettuce's */
    static AbstractRedisClient of(@Nullable RedisConnectionFactory factory) {
        if (factory instanceof LettuceConnectionFactory lettuce) {
            return lettuce.getRequiredNativeClient();
        }
        Problems problems = new Problems();
        problems.add(
                "headgate.store",
                "redis",
                factory == null
                        ? "Spring Boot has no Redis connection factory here"
                        : "the connection factory is a " + factory.getClass().getSimpleName(),
                "local; or redis with Lettuce as the client, which spring.data.redis.client-type=lettuce chooses");
        problems.throwIfAny();
        throw new IllegalStateException("a problem was added");
    }
}
